"""Controllers: an alarm, a lamp with modes, a gate, a dispenser, a lock with a code, a lift."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ....verifiers.verilog.interface import Port
from ..draw import Draw
from .family import Inputs, Outputs, Problem, Sequential, at_edge, clocked, family, indented, module


def _variants(level: int) -> Sequence[tuple[Any, ...]]:
    if level == 1:
        return [
            (level, both, armed, first)
            for both in ("set", "clear", "keep", "toggle")
            for armed in (True, False)
            for first in (0, 1)
        ]
    if level == 2:
        return [
            (level, order, edge, modes)
            for order in ("around", "bounce", "once")
            for edge in (True, False)
            for modes in (3, 4)
        ]
    if level == 3:
        return [
            (level, blocked, button, passes)
            for blocked in ("reverse", "stop")
            for button in ("ignored", "reverse", "stop")
            for passes in (True, False)
        ]
    if level == 4:
        return [
            (level, change, cancel, price)
            for change in ("number", "coins")
            for cancel in (True, False)
            for price in (3, 4, 6)
        ]
    locks = [
        (level, "lock", (early, tries), code)
        for early in (True, False)
        for tries in (2, 3)
        for code in ((1, 3, 0), (2, 0, 2))
    ]
    return locks + [
        (level, "lift", (keeps, door), floors)
        for keeps in (True, False)
        for door in (2, 3)
        for floors in (3, 4)
    ]


@family("controller", _variants)
def controller(level: int, kind: str, option: Any, number: Any) -> Problem:
    makers: dict[int, Callable[[str, Any, Any], Problem]] = {
        1: _alarm, 2: _lamp, 3: _gate, 4: _dispenser, 5: _machine,
    }  # fmt: skip
    return makers[level](kind, option, number)


def _machine(kind: str, option: Any, number: Any) -> Problem:
    return (_lock if kind == "lock" else _lift)(option, number)


def _chances(draw: Draw, cycles: int, **chances: float) -> list[dict[str, int]]:
    return [
        {name: int(draw.chance(chance)) for name, chance in chances.items()} for _ in range(cycles)
    ]


# ---------------------------------------------------------------- 1: an alarm


def _alarm(both: str, armed: bool, first: int) -> Problem:
    inputs = [Port("trip"), Port("quiet")] + ([Port("armed")] if armed else [])
    interface = clocked("alarm", inputs, (Port("siren"),), both, armed, first)
    tie = {
        "set": "becomes 1", "clear": "becomes 0", "keep": "stays as it is",
        "toggle": "changes to its other value",
    }[both]  # fmt: skip
    words = (
        f"An alarm. siren is a register, first {first}. After a cycle where trip is 1 and quiet is "
        "0 it is 1, after one where quiet is 1 and trip is 0 it is 0, and after one where both are "
        f"0 it stays. After one where both are 1 it {tie}."
        + (" While armed is 0, trip counts as 0, whatever it is." if armed else "")
    )

    def step(siren: int, inputs: Inputs) -> tuple[Outputs, int]:
        asked = (inputs["trip"] * inputs.get("armed", 1), inputs["quiet"])
        tied = {"set": 1, "clear": 0, "keep": siren, "toggle": 1 - siren}[both]
        following = {(1, 0): 1, (0, 1): 0, (0, 0): siren, (1, 1): tied}[asked]
        return {"siren": siren}, following

    def draw(draw: Draw) -> list[dict[str, int]]:
        chances = {"trip": 0.5, "quiet": 0.45, **({"armed": 0.7} if armed else {})}
        return _chances(draw, 28, **chances)

    trip = "trip && armed" if armed else "trip"
    on = "hit" if armed else "trip"
    then = {
        "set": f"if ({on}) siren <= 1'b1;\nelse if (quiet) siren <= 1'b0;",
        "clear": f"if (quiet) siren <= 1'b0;\nelse if ({on}) siren <= 1'b1;",
        "keep": f"if ({on} != quiet) siren <= {on};",
        "toggle": f"if ({on} && quiet) siren <= !siren;\nelse if ({on}) siren <= 1'b1;\n"
        "else if (quiet) siren <= 1'b0;",
    }[both]
    body = f"  wire hit = {trip};\n" if armed else ""
    body += at_edge(interface, f"siren <= 1'b{first};", then)
    return Problem(
        words, interface, module(interface, body, ["siren"]), Sequential(first, step, draw)
    )


# ---------------------------------------------------------------- 2: a lamp with modes


def _lamp(order: str, edge: bool, modes: int) -> Problem:
    outputs = (Port("mode", 2), Port("lit"))
    interface = clocked("lamp", (Port("press"), Port("off")), outputs, order, edge, modes)
    top = modes - 1
    when = (
        "A step is asked for in a cycle where press is 1 and was 0 in the cycle before (before the "
        "first cycle it counts as 0; this does not depend on off)."
        if edge
        else "A step is asked for in every cycle where press is 1."
    )
    goes = {
        "around": f"After a cycle where one is asked for mode is one more, and 0 after {top}.",
        "bounce": "After a cycle where one is asked for mode is one more while the lamp goes up, "
        f"and one less while it goes down. First it goes up; from the cycle on in which mode is "
        f"{top} it goes down, from the one on in which mode is 0 it goes up.",
        "once": f"After a cycle where one is asked for mode is one more; it stays at {top}.",
    }[order]
    words = (
        f"A lamp with the modes 0 (dark) to {top}. mode is a register, first 0. {when} {goes} "
        "After a cycle where off is 1 mode is 0, whatever else is asked for. lit is 1 while mode "
        "is not 0."
    )

    # Of a lamp that bounces, how many steps it is away from 0 on its way.
    def step(state: tuple[int, int], inputs: Inputs) -> tuple[Outputs, tuple[int, int]]:
        place, last = state
        mode = place if place <= top else 2 * top - place
        outputs = {"mode": mode, "lit": int(mode > 0)}
        press = inputs["press"]
        if press and not (edge and last):
            place = {
                "around": (place + 1) % modes, "bounce": (place + 1) % (2 * top),
                "once": min(top, place + 1),
            }[order]  # fmt: skip
        return outputs, (0 if inputs["off"] else place, press)

    def draw(draw: Draw) -> list[dict[str, int]]:
        return _chances(draw, 36, press=0.55, off=draw.pick((0.03, 0.12)))

    ask = "press && !last" if edge else "press"
    up = "mode + 2'd1"
    step_ = {
        "around": f"mode <= (mode == 2'd{top}) ? 2'd0 : {up};",
        "once": f"if (mode != 2'd{top}) mode <= {up};",
        "bounce": f"mode <= down ? mode - 2'd1 : {up};\n"
        f"if (down && mode == 2'd1) down <= 1'b0;\n"
        f"else if (!down && mode == 2'd{top - 1}) down <= 1'b1;",
    }[order]
    off = "mode <= 2'd0;" + ("\ndown <= 1'b0;" if order == "bounce" else "")
    first = off + ("\nlast <= 1'b0;" if edge else "")
    then = f"if (off) begin\n{indented(off, 2)}end else if ({ask}) begin\n{indented(step_, 2)}end"
    body = "  assign lit = (mode != 2'd0);\n"
    if order == "bounce":
        body = f"  reg down;\n{body}"
    if edge:
        body = f"  reg last;\n{body}"
        then = f"last <= press;\n{then}"
    reference = module(interface, body + at_edge(interface, first, then), ["mode"])
    edges = [[{"press": i % 2, "off": 0} for i in range(24)]]
    edges += [[{"press": i % 2, "off": int(i == n)} for i in range(n + 12)] for n in (4, 5, 7)]
    return Problem(words, interface, reference, Sequential((0, 0), step, draw, edges))


# ---------------------------------------------------------------- 3: a gate


def _gate(blocked: str, button: str, passes: bool) -> Problem:
    inputs = [Port("button"), Port("at_top"), Port("at_bottom"), Port("blocked")]
    inputs += [Port("passed")] if passes else []
    outputs = (Port("up"), Port("down"), Port("is_open"), Port("is_closed"))
    interface = clocked("gate", inputs, outputs, blocked, button, passes)
    stops = "stop" in (blocked, button)
    after = {"reverse": "it opens", "stop": "it stands"}
    pressed = {
        "ignored": ("", ""),
        "reverse": (" Else, after one where button is 1 it closes.",
                    " Else, after one where button is 1 it opens."),
        "stop": (" Else, after one where button is 1 it stands.",) * 2,
    }[button]  # fmt: skip
    close = "button is 1 or passed is 1" if passes else "button is 1"
    words = (
        "A gate with a motor. It is closed, opens, is open, closes"
        + (", or stands (half open)" if stops else "")
        + ". First it is closed.\n"
        "- Closed: after a cycle where button is 1 it opens.\n"
        f"- It opens: after a cycle where at_top is 1 it is open.{pressed[0]}\n"
        f"- Open: after a cycle where {close} it closes; but where blocked is 1 it stays open.\n"
        f"- It closes: after a cycle where blocked is 1 {after[blocked]}. Else, after one where "
        f"at_bottom is 1 it is closed.{pressed[1]}\n"
        + ("- It stands: after a cycle where button is 1 it opens.\n" if stops else "")
        + "Where nothing is said it stays what it is. up is 1 while it opens, down while it "
        "closes, is_open while it is open, is_closed while it is closed; else they are 0."
    )

    def step(state: str, inputs: Inputs) -> tuple[Outputs, str]:
        outputs = {
            "up": int(state == "opens"), "down": int(state == "closes"),
            "is_open": int(state == "open"), "is_closed": int(state == "closed"),
        }  # fmt: skip
        push = inputs["button"]
        moved = {"ignored": state, "stop": "stands"}
        if state in ("closed", "stands"):
            return outputs, "opens" if push else state
        if state == "open":
            wanted = push or inputs.get("passed", 0)
            return outputs, "closes" if wanted and not inputs["blocked"] else state
        if state == "opens":
            if inputs["at_top"]:
                return outputs, "open"
            return outputs, moved.get(button, "closes") if push else state
        if inputs["blocked"]:
            return outputs, "opens" if blocked == "reverse" else "stands"
        if inputs["at_bottom"]:
            return outputs, "closed"
        return outputs, moved.get(button, "opens") if push else state

    def draw(draw: Draw) -> list[dict[str, int]]:
        chances = {"button": 0.35, "at_top": 0.3, "at_bottom": 0.3, "blocked": 0.25}
        if passes:
            chances["passed"] = 0.3
        return _chances(draw, 40, **chances)

    names = ["CLOSED", "OPENING", "OPEN", "CLOSING"] + (["STANDING"] if stops else [])
    codes = "".join(f"  localparam [2:0] {name} = 3'd{i};\n" for i, name in enumerate(names))
    react = {
        "ignored": ("", ""),
        "reverse": ("\n    else if (button) state <= CLOSING;",
                    "\n    else if (button) state <= OPENING;"),
        "stop": ("\n    else if (button) state <= STANDING;",) * 2,
    }[button]  # fmt: skip
    wants = "(button || passed)" if passes else "button"
    halt = "OPENING" if blocked == "reverse" else "STANDING"
    then = (
        "case (state)\n"
        "  CLOSED:\n    if (button) state <= OPENING;\n"
        f"  OPENING:\n    if (at_top) state <= OPEN;{react[0]}\n"
        f"  OPEN:\n    if ({wants} && !blocked) state <= CLOSING;\n"
        f"  CLOSING:\n    if (blocked) state <= {halt};\n"
        f"    else if (at_bottom) state <= CLOSED;{react[1]}\n"
        + ("  STANDING:\n    if (button) state <= OPENING;\n" if stops else "")
        + "  default:\n    state <= CLOSED;\nendcase"
    )
    body = (
        f"{codes}  reg [2:0] state;\n  assign up = (state == OPENING);\n"
        "  assign down = (state == CLOSING);\n  assign is_open = (state == OPEN);\n"
        "  assign is_closed = (state == CLOSED);\n"
    ) + at_edge(interface, "state <= CLOSED;", then)
    return Problem(words, interface, module(interface, body), Sequential("closed", step, draw))


# ---------------------------------------------------------------- 4: a dispenser

# Of the coins, by their numbers.
_VALUES = (0, 1, 2, 5)


def _dispenser(change: str, cancel: bool, price: int) -> Problem:
    inputs = [Port("coin", 2)] + ([Port("cancel")] if cancel else [])
    outputs = [Port("credit", 3), Port("serve")]
    coins = change == "coins"
    outputs += [Port("give"), Port("refused")] if coins else [Port("change", 4)]
    interface = clocked("dispenser", inputs, outputs, change, cancel, price)
    enough = (
        f"If the total is {price} or more, it serves: in the next cycle serve is 1, and credit is "
        "0; the total less the price "
    )
    back = "is owed" if coins else "is what change is in that cycle"
    words = (
        f"A dispenser of something that costs {price}. coin tells the coin that comes in this "
        "cycle: 0 none, 1 one of value 1, 2 one of value 2, 3 one of value 5. credit"
        + (" and serve" if coins else ", serve")
        + (" are registers, first 0" if coins else " and change are registers, first 0")
        + "; serve"
        + (" is 0" if coins else " and change are 0")
        + " in all cycles for which nothing else is said.\n"
        + (
            "- It gives back what it owes, first nothing, in coins of 1. In each cycle where it "
            "owes something give is 1, and in the next one it owes one less. In such cycles coin"
            + (" and cancel do" if cancel else " does")
            + " not count otherwise; refused is 1 where coin is not 0. In all other cycles give "
            "and refused are 0, and what follows holds.\n"
            if coins
            else ""
        )
        + "- The total is credit and the value of the coin that comes.\n"
        + (
            "- In a cycle where cancel is 1 the total is given back, whatever it is: in the next "
            "cycle credit is 0, and the total "
            f"{back}. It does not serve then. In other cycles:\n- "
            if cancel
            else "- "
        )
        + f"{enough}{back}. If the total is less, credit is the total in the next cycle."
    )

    def step(state: tuple[int, int, int], inputs: Inputs) -> tuple[Outputs, tuple[int, int, int]]:
        credit, serve, owed = state
        outputs = {"credit": credit, "serve": serve}
        if coins:
            outputs |= {"give": int(owed > 0), "refused": int(owed > 0 and inputs["coin"] > 0)}
            if owed:
                return outputs, (credit, 0, owed - 1)
        else:
            outputs["change"] = owed
        total = credit + _VALUES[inputs["coin"]]
        if inputs.get("cancel"):
            return outputs, (0, 0, total)
        return outputs, (0, 1, total - price) if total >= price else (total, 0, 0)

    def draw(draw: Draw) -> list[dict[str, int]]:
        most, often = draw.pick((2, 3, 3)), draw.pick((0.5, 0.9))
        rows = []
        for _ in range(36):
            row = {"coin": draw.between(1, most) if draw.chance(often) else 0}
            rows.append({**row, "cancel": int(draw.chance(0.15))} if cancel else row)
        return rows

    # Every total given back, and every one served, each until nothing is owed any more.
    edges: list[list[dict[str, int]]] = [[]]
    for given_up in (0, 1) if cancel else (0,):
        for paid in range(1 if given_up else price, price + 5):
            coin = max(c for c, v in enumerate(_VALUES) if v <= paid < price + v)
            ones, owes = paid - _VALUES[coin], paid if given_up else paid - price
            run = [{"coin": 1}] * ones + [{"coin": coin}] + [{"coin": 0}] * (owes * coins + 2)
            if cancel:
                run = [{**row, "cancel": given_up * int(at == ones)} for at, row in enumerate(run)]
            if len(edges[-1]) + len(run) > 40:
                edges.append([])
            edges[-1] += run
    owed, serve = ("owed", "serve") if coins else ("change", "serve")
    total = "total"
    pays = (
        f"if (total >= 4'd{price}) begin\n  credit <= 3'd0;\n  {serve} <= 1'b1;\n"
        f"  {owed} <= {total} - 4'd{price};\nend else begin\n  credit <= total[2:0];\n"
        + ("end" if coins else "  change <= 4'd0;\nend")
    )
    if cancel:
        pays = f"if (cancel) begin\n  credit <= 3'd0;\n  {owed} <= {total};\nend else {pays}"
    then = "serve <= 1'b0;\n" + (
        f"if (give) begin\n  owed <= owed - 4'd1;\nend else {pays}" if coins else pays
    )
    body = (
        "  reg [3:0] value;\n"
        + ("  reg [3:0] owed;\n" if coins else "")
        + "  wire [3:0] total = {1'b0, credit} + value;\n"
        + (
            "  assign give = (owed != 4'd0);\n  assign refused = give && (coin != 2'd0);\n"
            if coins
            else ""
        )
        + "  always @* begin\n    case (coin)\n      2'd0: value = 4'd0;\n"
        "      2'd1: value = 4'd1;\n      2'd2: value = 4'd2;\n"
        "      default: value = 4'd5;\n    endcase\n  end\n"
    ) + at_edge(interface, f"credit <= 3'd0;\nserve <= 1'b0;\n{owed} <= 4'd0;", then)
    registers = ["credit", "serve"] + ([] if coins else ["change"])
    reference = module(interface, body, registers)
    return Problem(words, interface, reference, Sequential((0, 0, 0), step, draw, edges))


# ---------------------------------------------------------------- 5: a lock, a lift


def _lock(option: tuple[bool, int], code: tuple[int, int, int]) -> Problem:
    early, tries = option
    wait = 4
    inputs = (Port("key", 2), Port("hit"), Port("shut"))
    outputs = (Port("is_open"), Port("alarm"), Port("entered", 2), Port("failures", 2))
    interface = clocked("code_lock", inputs, outputs, early, tries, code)
    listed = ", ".join(map(str, code))
    judged = (
        "A key that is not the one that the code has at its place makes the attempt fail at once."
        if early
        else "With the third key an attempt is over: it fails if any of the three was not the one "
        "that the code has at its place."
    )
    words = (
        f"A lock with the code {listed}. It is locked, open, or in alarm; first it is locked. A "
        "key, key, is hit in each cycle where hit is 1.\n"
        "- Locked: keys that are hit make attempts, one after the other; the first key after a "
        "reset, after an attempt that failed, and after it was open or in alarm, is the first of a "
        f"new attempt. {judged} After the cycle in which the third of three right keys is hit it "
        "is open.\n"
        "- failures is how many attempts have failed since it was last open or in alarm (or since "
        f"the reset); it goes up after the cycle of the key that made the attempt fail. With "
        f"failure number {tries} it is in alarm instead, from the cycle after that key on, and "
        "failures is 0.\n"
        f"- In alarm it stays for {wait} cycles, and then is locked. Open, it stays until a cycle "
        "where shut is 1, after which it is locked. Keys that are hit while it is open or in alarm "
        "do not count; failures is 0 then. shut matters only while it is open.\n"
        "is_open is 1 while it is open, alarm while it is in alarm. entered is how many keys of "
        "the current attempt have been hit before this cycle, and 0 while it is not locked."
    )

    def step(state: tuple[str, tuple[int, ...], int], inputs: Inputs) -> tuple[Outputs, Any]:
        phase, keys, failures = state
        outputs = {
            "is_open": int(phase == "open"), "alarm": int(phase.startswith("alarm")),
            "entered": len(keys), "failures": failures,
        }  # fmt: skip
        if phase == "open":
            return outputs, ("locked", (), 0) if inputs["shut"] else state
        if phase.startswith("alarm"):
            left = phase[:-1]
            return outputs, ("locked" if left == "alarm" else left, (), 0)
        if not inputs["hit"]:
            return outputs, state
        keys = (*keys, inputs["key"])
        if keys == code:
            return outputs, ("open", (), 0)
        right = keys == code[: len(keys)]
        if right or (not early and len(keys) < 3):
            return outputs, ("locked", keys, failures)
        if failures + 1 == tries:
            return outputs, ("alarm" + "!" * wait, (), 0)
        return outputs, ("locked", (), failures + 1)

    def draw(draw: Draw) -> list[dict[str, int]]:
        right, hit = draw.pick((0.6, 0.8, 0.9)), draw.pick((0.7, 1.0))
        shut, at, rows = draw.pick((0.2, 0.5)), 0, []
        for _ in range(40):
            key = code[at % 3] if draw.chance(right) else draw.below(4)
            row = {"key": key, "hit": int(draw.chance(hit)), "shut": int(draw.chance(shut))}
            at = 0 if draw.chance(0.08) else at + row["hit"]
            rows.append(row)
        return rows

    def keys(text: Sequence[int], shut: int = 0) -> list[dict[str, int]]:
        return [{"key": key, "hit": 1, "shut": shut} for key in text]

    off = [{"key": code[0], "hit": 0, "shut": 0}]
    bad = [[*code[:at], code[at] ^ 1, *code[at + 1 :]] for at in range(3)]
    bad += [[*code[:at], code[at] ^ 2, *code[at + 1 :]] for at in range(3)]
    edges = [keys([3 - code[0]] * 30), keys(code) + keys(code) + keys(code, 1) + keys(code)]
    edges += [keys(text) + off + keys(code) + keys(code) for text in bad]
    edges.append(keys(bad[2]) + (keys(code) + keys([0], 1)) * 2 + (keys(bad[2]) + off) * 4)
    arms = f"  2'd0: wanted = 2'd{code[0]};\n  2'd1: wanted = 2'd{code[1]};\n"
    arms += f"  default: wanted = 2'd{code[2]};\n"
    wrong = "(key != wanted)" if early else "(spoilt || key != wanted)"
    fails = wrong if early else f"(entered == 2'd2) && {wrong}"
    failing = (
        f"      if (failures == 2'd{tries - 1}) begin\n        state <= ALARM;\n"
        f"        timer <= 2'd{wait - 1};\n        failures <= 2'd0;\n      end else begin\n"
        "        failures <= failures + 2'd1;\n      end\n"
    )
    fresh = "      entered <= 2'd0;\n" + ("" if early else "      spoilt <= 1'b0;\n")
    going = "      entered <= entered + 2'd1;\n" + (
        "" if early else "      if (key != wanted) spoilt <= 1'b1;\n"
    )
    then = (
        "case (state)\n"
        f"  LOCKED: if (hit) begin\n    if (fails) begin\n{fresh}{failing}"
        f"    end else if (entered == 2'd2) begin\n{fresh}      state <= OPEN;\n"
        f"      failures <= 2'd0;\n    end else begin\n{going}    end\n  end\n"
        "  OPEN: if (shut) state <= LOCKED;\n"
        "  default: begin\n    timer <= timer - 2'd1;\n"
        "    if (timer == 2'd0) state <= LOCKED;\n  end\nendcase"
    )
    body = (
        "  localparam [1:0] LOCKED = 2'd0;\n  localparam [1:0] OPEN = 2'd1;\n"
        "  localparam [1:0] ALARM = 2'd2;\n  reg [1:0] state;\n  reg [1:0] timer;\n"
        + ("" if early else "  reg spoilt;\n")
        + "  reg [1:0] wanted;\n"
        f"  wire fails = {fails};\n"
        "  assign is_open = (state == OPEN);\n  assign alarm = (state == ALARM);\n"
        f"  always @* begin\n    case (entered)\n{indented(arms, 4)}    endcase\n  end\n"
    ) + at_edge(
        interface,
        "state <= LOCKED;\ntimer <= 2'd0;\nentered <= 2'd0;\nfailures <= 2'd0;"
        + ("" if early else "\nspoilt <= 1'b0;"),
        then,
    )
    reference = module(interface, body, ["entered", "failures"])
    return Problem(words, interface, reference, Sequential(("locked", (), 0), step, draw, edges))


def _lift(option: tuple[bool, int], floors: int) -> Problem:
    keeps, door = option
    top = floors - 1
    outputs = (Port("floor", 2), Port("door"), Port("up"), Port("down"), Port("pending", floors))
    interface = clocked("lift", (Port("call", floors),), outputs, keeps, door, floors)
    chooses = (
        "It goes on in the direction of its last move (first: up) if there is a bit in pending for "
        "a floor that way, and else the other way"
        if keeps
        else "It goes up if there is a bit in pending for a floor above, and else down"
    )
    words = (
        f"A lift of the floors 0 to {top}, first at floor 0 with its door closed. Bit i of call "
        "is 1 in a cycle where floor i calls; pending are the calls that wait, a register, first "
        "0. floor is where it is. In each cycle, one of these:\n"
        "- The door is open.\n"
        "- The door is closed and the bit of pending for floor is 1: the door opens after this "
        f"cycle, and is open for {door} cycles.\n"
        "- The door is closed, and other bits of pending are 1: it moves, and after this cycle is "
        f"one floor higher or lower. {chooses}. up is 1 in a cycle in which it moves up, down in "
        "one in which it moves down; in all others they are 0.\n"
        "- The door is closed, and pending is 0: it stays.\n"
        "After each cycle the bits of call are added to pending. But after one in which the door "
        "is open, or opens after it, the bit of floor becomes 0, even where call has it. door is 1 "
        "while the door is open."
    )

    def step(
        state: tuple[int, int, int, frozenset[int]], inputs: Inputs
    ) -> tuple[Outputs, tuple[int, int, int, frozenset[int]]]:
        floor, way, opened, waiting = state
        above = any(other > floor for other in waiting)
        below = any(other < floor for other in waiting)
        stands = opened > 0 or floor in waiting
        move = 0
        if not stands and waiting:
            move = 1 if above and (not keeps or way > 0 or not below) else -1
        outputs = {
            "floor": floor, "door": int(opened > 0), "up": int(move > 0), "down": int(move < 0),
            "pending": sum(1 << i for i in waiting),
        }  # fmt: skip
        calls = waiting | {i for i in range(floors) if inputs["call"] >> i & 1}
        if stands:
            return outputs, (floor, way, opened - 1 if opened else door, calls - {floor})
        return outputs, (floor + move, move or way, 0, calls)

    def draw(draw: Draw) -> list[dict[str, int]]:
        share = draw.pick((0.04, 0.1, 0.25))
        return [
            {"call": sum(int(draw.chance(share)) << i for i in range(floors))} for _ in range(40)
        ]

    every = (1 << floors) - 1
    edges = [[{"call": every}] + [{"call": 0}] * 30, [{"call": every}] * 30]
    edges += [
        [{"call": 1 << a}] + [{"call": 0}] * (door + 5) + [{"call": every ^ 1 << a}]
        + [{"call": 0}] * 16
        for a in range(1, floors)
    ]  # fmt: skip
    bits = door.bit_length()
    labels = [*(f"2'd{i}" for i in range(top)), "default"]
    above = [*(f"|pending[{top}:{i + 1}]" for i in range(top)), "1'b0"]
    below = ["1'b0", *(f"|pending[{i}:0]" for i in range(top))]
    here = "".join(
        f"  {labels[i]}: begin\n    here = {floors}'b{1 << i:0{floors}b};\n"
        f"    above = {above[i]};\n    below = {below[i]};\n  end\n"
        for i in range(floors)
    )
    goes = "above && (rising || !below)" if keeps else "above"
    other = "below && (!rising || !above)" if keeps else "below && !above"
    first = f"floor <= 2'd0;\nopened <= {bits}'d0;\npending <= {floors}'d0;"
    then = (
        "if (stands) pending <= (pending | call) & ~here;\nelse pending <= pending | call;\n"
        f"if (door) opened <= opened - {bits}'d1;\nelse if (stands) opened <= {bits}'d{door};\n"
    )
    if keeps:
        first += "\nrising <= 1'b1;"
        then += (
            "if (up) begin\n  floor <= floor + 2'd1;\n  rising <= 1'b1;\nend\n"
            "if (down) begin\n  floor <= floor - 2'd1;\n  rising <= 1'b0;\nend"
        )
    else:
        then += "if (up) floor <= floor + 2'd1;\nif (down) floor <= floor - 2'd1;"
    body = (
        f"  reg [{bits - 1}:0] opened;\n"
        + ("  reg rising;\n" if keeps else "")
        + f"  reg [{top}:0] here;\n  reg above, below;\n"
        f"  wire stands = door || ((pending & here) != {floors}'d0);\n"
        f"  assign door = (opened != {bits}'d0);\n"
        f"  assign up = !stands && {goes};\n  assign down = !stands && {other};\n"
        f"  always @* begin\n    case (floor)\n{indented(here, 4)}    endcase\n  end\n"
    ) + at_edge(interface, first, then)
    reference = module(interface, body, ["floor", "pending"])
    model = Sequential((0, 1, 0, frozenset()), step, draw, edges)
    return Problem(words, interface, reference, model)
