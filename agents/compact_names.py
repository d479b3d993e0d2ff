"""The vocabulary of generated Compact contracts: what a name is called tells its type.

One name has one type in every contract (`count` is always a Counter), and every role draws from a
pool of two or three names. A small model can then learn to declare what it uses and to use what it
declared, the hardest part of writing contracts, from a few minutes of examples.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

LEDGER_TYPES: dict[str, str] = {
    "count": "Counter",
    "round": "Counter",
    "balance": "Uint<64>",
    "limit": "Uint<64>",
    "price": "Uint<64>",
    "supply": "Uint<64>",
    "best": "Uint<64>",
    "height": "Uint<32>",
    "deadline": "Uint<32>",
    "fee": "Uint<16>",
    "level": "Uint<8>",
    "total": "Field",
    "sum": "Field",
    "open": "Boolean",
    "paused": "Boolean",
    "ready": "Boolean",
    "owner": "Bytes<32>",
    "admin": "Bytes<32>",
    "winner": "Bytes<32>",
    "state": "State",
    "phase": "Phase",
    "record": "Item",
    "position": "Point",
    "members": "Set<Bytes<32>>",
    "seen": "Set<Bytes<32>>",
    "used": "Set<Uint<64>>",
    "balances": "Map<Bytes<32>, Uint<64>>",
    "scores": "Map<Bytes<32>, Uint<64>>",
    "votes": "Map<Uint<8>, Uint<64>>",
    "owners": "Map<Uint<64>, Bytes<32>>",
    "flags": "Map<Bytes<32>, Boolean>",
    "queue": "List<Uint<64>>",
    "log": "List<Bytes<32>>",
    "tree": "MerkleTree<10, Bytes<32>>",
    "slots": "Vector<3, Uint<64>>",
    "entry": "[Uint<64>, Boolean]",
}
"""The type of every ledger field the generator knows by name."""

PARAMETER_NAMES: dict[str, tuple[str, ...]] = {
    "Uint<64>": ("amount", "value"),
    "Uint<32>": ("time",),
    "Uint<16>": ("step",),
    "Uint<8>": ("id",),
    "Field": ("x",),
    "Boolean": ("flag",),
    "Bytes<32>": ("key", "other"),
    "State": ("next",),
    "Phase": ("target",),
    "Item": ("item",),
    "Point": ("point",),
    "Vector<3, Uint<64>>": ("values",),
    "Vector<3, Bytes<32>>": ("keys",),
    "[Uint<64>, Boolean]": ("pair",),
}
"""The names a circuit's parameter of each type can have."""

LOCAL_NAMES: dict[str, str] = {
    "Uint<64>": "n",
    "Uint<32>": "t",
    "Uint<16>": "s",
    "Uint<8>": "m",
    "Field": "y",
    "Boolean": "ok",
    "Bytes<32>": "who",
}
"""The name of a `const` that holds a disclosed parameter of each type."""

BOUND_NAMES: frozenset[str] = frozenset((*LOCAL_NAMES.values(), "i", "j", "k", "v", "a", "b"))
"""Names inside circuits: of constants, loops and anonymous circuits. No ledger field has one."""

ENUMS: dict[str, tuple[str, ...]] = {
    "State": ("idle", "active", "done"),
    "Phase": ("setup", "commit", "reveal", "final"),
}

STRUCTS: dict[str, tuple[tuple[str, str], ...]] = {
    "Item": (("owner", "Bytes<32>"), ("price", "Uint<64>"), ("sold", "Boolean")),
    "Point": (("x", "Uint<32>"), ("y", "Uint<32>")),
}

WITNESSES: dict[str, str] = {
    "secretKey": "Bytes<32>",
    "nextValue": "Uint<64>",
    "choice": "Boolean",
}
"""Result types of the witnesses, none of which takes an argument."""

CIRCUIT_NAMES: tuple[str, ...] = (
    "add", "take", "update", "reset", "step", "close", "start", "stop", "pay", "move", "mint",
    "burn", "bid", "vote", "join", "leave", "check", "claim", "submit", "push", "pop", "swap",
    "lock", "unlock", "settle", "refund", "approve", "register", "finish", "withdraw", "deposit",
    "change",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Family:
    """A kind of contract: ledger fields it always and sometimes has, and its circuits' names."""

    core: tuple[str, ...]
    optional: tuple[str, ...]
    circuits: tuple[str, ...]


FAMILIES: dict[str, Family] = {
    "base": Family(("count", "balance"), ("total", "best", "open"), ("update", "check", "step")),
    "counter": Family(("count",), ("round", "limit", "open"), ("add", "step", "reset")),
    "access": Family(("owner", "count"), ("members", "admin", "level"), ("join", "approve")),
    "escrow": Family(("balance", "state"), ("owner", "fee"), ("deposit", "refund", "settle")),
    "voting": Family(("votes", "count"), ("seen", "open", "state"), ("vote", "close")),
    "auction": Family(("best", "winner"), ("open", "deadline", "state"), ("bid", "close")),
    "allow-list": Family(("members", "count"), ("admin", "open", "flags"), ("join", "leave")),
    "registry": Family(("owners", "price"), ("used", "admin", "record"), ("register", "claim")),
    "token": Family(("balances", "supply"), ("owner", "paused"), ("mint", "burn", "move")),
    "vesting": Family(("balance", "deadline"), ("height", "owner"), ("claim", "start")),
    "commit-reveal": Family(("phase", "count"), ("tree", "scores", "seen"), ("submit", "finish")),
    "multisig": Family(("seen", "count"), ("balance", "ready", "queue"), ("approve", "submit")),
    "board": Family(("log", "round"), ("admin", "open", "state"), ("push", "pop", "change")),
    "tiers": Family(("level", "best"), ("scores", "flags"), ("add", "update", "check")),
    "machine": Family(("phase", "count"), ("ready", "position"), ("start", "step", "stop")),
    "fees": Family(("balance", "fee"), ("limit", "price", "total"), ("pay", "withdraw")),
    "batch": Family(("total", "sum"), ("slots", "entry", "queue"), ("add", "push", "swap")),
}
"""What the families of tasks keep on the ledger; `base` is the three base prompts."""

USED_FIELDS: dict[str, tuple[str, ...]] = {
    "enum": ("state", "phase"),
    "struct": ("record", "position"),
    "witness": (),
}
"""For every declaration a prompt can ask for, the ledger fields that bring it."""

_LITERALS: tuple[int, ...] = (2, 3, 5, 8, 10, 20, 50, 100, 500, 1000)

HELPER_NAMES: tuple[str, ...] = ("clamp", "scale", "adjust")

IDENTIFIERS: frozenset[str] = frozenset(
    (
        *LEDGER_TYPES,
        *(name for names in PARAMETER_NAMES.values() for name in names),
        *BOUND_NAMES,
        *ENUMS,
        *(element for elements in ENUMS.values() for element in elements),
        *STRUCTS,
        *(part for parts in STRUCTS.values() for part, _ in parts),
        *WITNESSES,
        *CIRCUIT_NAMES,
        *HELPER_NAMES,
        *(name for family in FAMILIES.values() for name in family.circuits),
    )
)
"""Every name a generated contract can declare."""


_STATE = frozenset(("Counter", "Set", "List", "Map", "MerkleTree"))


@cache
def split_type(text: str) -> tuple[str, tuple[str, ...]]:
    """A type's head and arguments: ``Map<Uint<8>, Field>`` gives ``("Map", ("Uint<8>", "Field"))``.

    The head of a tuple type is ``"["``.
    """
    if text.startswith("["):
        head, inside = "[", text[1:-1]
    elif "<" in text:
        head, _, rest = text.partition("<")
        inside = rest[:-1]
    else:
        return text, ()
    arguments, depth, start = [], 0, 0
    for at, character in enumerate(inside):
        if character in "<[":
            depth += 1
        elif character in ">]":
            depth -= 1
        elif character == "," and depth == 0:
            arguments.append(inside[start:at].strip())
            start = at + 1
    arguments.append(inside[start:].strip())
    return head, tuple(arguments)


_WORD = re.compile(r"[A-Za-z_]\w*")
_MESSAGE = re.compile(r'"[^"]*"')


def words_of(text: str) -> set[str]:
    """The identifiers and keywords in the text, those in string literals left out."""
    return set(_WORD.findall(_MESSAGE.sub("", text)))


@cache
def thresholds(width: int) -> tuple[int, ...]:
    """Numbers to compare a Uint<width> with: inside its range, so that no comparison is constant.

    Raises `KeyError` for a width of one bit, which has none.
    """
    found = tuple(n for n in _LITERALS if n + 1 < 2**width)
    if not found:
        raise KeyError(width)
    return found


def uint_width(type_text: str) -> int | None:
    """The width in bits of ``Uint<n>`` (a Counter reads as 64 bits), None for other types."""
    if type_text == "Counter":
        return 64
    if type_text.startswith("Uint<") and type_text[5:-1].isdigit():
        return int(type_text[5:-1])
    return None


def is_known(type_text: str) -> bool:
    """Whether the generator can write values of the type, whatever it is an argument of."""
    head, arguments = split_type(type_text)
    if head in ("Counter", "Field", "Boolean", *ENUMS, *STRUCTS):
        return not arguments
    if head in ("Uint", "Bytes"):
        # Of one or two bits there is too little to compare with; a product of two of more than
        # 120 would not fit a Field.
        return arguments[0].isdigit() and (head == "Bytes" or 2 < int(arguments[0]) <= 120)
    if head in ("Set", "List", "Map"):
        return all(is_known(a) and split_type(a)[0] not in _STATE for a in arguments)
    if head == "MerkleTree":
        return arguments[0].isdigit() and is_known(arguments[1])
    return False
