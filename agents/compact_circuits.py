"""One circuit of a generated contract: from planned decisions to text in one canonical style.

Every statement is drawn with the types it needs; the parameters are those the body turned out to
name. Fields that a path has just overwritten are not tested on it, since that would decide nothing.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from .compact_expressions import ExhaustedError, Number, Scope, Test
from .compact_names import LOCAL_NAMES, STRUCTS, split_type, uint_width, words_of
from .compact_statements import assignment, place_of, spelled_out

# A call, a name or an element, or its comparison with a number or an enum's element.
_SIMPLE = re.compile(r"(!?)([^ !&|]+)(?: ([<>=!]=?) (\d+|[A-Z]\w*\.\w+))?")
_OPPOSITES = {"<": ">=", ">=": "<", ">": "<=", "<=": ">", "==": "!=", "!=": "=="}


@dataclass(slots=True)
class Node:
    """One planned decision structure: `tests` decisions of its own, and those nested in it.

    An else-if of one test is a chain whose second test is the first's opposite: it looks like a
    chain and decides once.
    """

    kind: str
    tests: int = 1
    children: list[Node] = field(default_factory=list)

    @property
    def decisions(self) -> int:
        return self.tests + sum(child.decisions for child in self.children)


def opposite(test: Test) -> Test:
    """The test that holds exactly where this one fails.

    Raises `ExhaustedError` for a test with `&&` or `||`, or of two numbers, whose opposite is
    harder to see.
    """
    simple = _SIMPLE.fullmatch(test.text)
    if simple is None:
        raise ExhaustedError
    negated, operand, operator, literal = simple.groups()
    if operator is None:
        return Test(operand if negated else f"!{operand}", test.operands, test.mark)
    return Test(f"{operand} {_OPPOSITES[operator]} {literal}", test.operands, test.mark)


class Circuit:
    """Writes one exported circuit: its statements, and from what they name its parameters."""

    def __init__(self, scope: Scope, name: str, result: str) -> None:
        self.scope = scope
        self.rng = scope.rng
        self.name = name
        self.result = result
        self.returned: set[str] = set()
        # How many first branches are open here; and at the last decision that wrote a field (with
        # `=`) or touched it (in any way).
        self.guards = 0
        self.written: dict[str, int] = {}
        self.touched: dict[str, int] = {}
        self.overwriting: set[str] = set()

    # ------------------------------------------------------------ simple statements

    def plain(self, changed: set[str]) -> list[str]:
        """A simple statement about a field that is not in `changed`; none when each would be vain.

        The field is added to `changed`: two changes in a row can cancel out.
        """
        decided = self.scope.decided
        fields = [f for f in self.scope.fields if f[0] not in changed]
        for name, type_text in self.rng.sample(fields, len(fields)):
            fresh = self.guards > self.touched.get(name, -1)
            fresh = fresh and not any(f"={name}" in known for known in decided)
            for _ in range(5):
                text = assignment(self.scope, name, type_text, fresh=fresh)
                if self.note(name, text):
                    changed.add(name)
                    return [text]
        return []

    def note(self, name: str, statement: str) -> bool:
        """Notes what the statement did to the field; False: it would make another one vain.

        A place that a decision has written may be written again only where one more test stands
        before it, and no two statements overwrite it with the same value. A field that the
        path has changed is not tested on that path any more: the outcome might be known. Where its
        old value is gone (``!name``) it is not read either: the new one has other names there.
        """
        scope = self.scope
        _, place = place_of(statement)
        if place and self.guards <= self.written.get(place, -1):
            return False
        overwrites = bool(place) and name not in words_of(statement[len(name) :])
        if overwrites and statement in self.overwriting:
            return False
        if any(statement in known for known in scope.decided):
            return False
        facts = {f"={name}"}
        if overwrites:
            self.overwriting.add(statement)
        if overwrites or "reset" in statement:
            facts.add(f"!{name}")
        scope.decided.append(frozenset(facts))
        return True

    def settle(self, lines: Sequence[str], *, one_sided: bool) -> None:
        """Notes the fields that a decision, now complete, has changed.

        What a test of such a field gives might be known after it, unless it only grew on one way.
        """
        for line in lines:
            target, place = place_of(line)
            if target not in self.scope.taken:
                continue
            self.touched[target] = self.guards
            if place:
                self.written[place] = self.guards
            if not one_sided or place == target or "reset" in line:
                self.scope.decided.append(frozenset((f"={target}", f"!{target}")))

    def check(self) -> str:
        """An `assert`; what it tests is decided for the rest of the circuit."""
        test = self.scope.test(may_ask=True)
        self.scope.decided.append(test.operands)
        message = self.rng.choice(("not allowed", "bad value", "too much", "wrong state"))
        return f'assert({test.text}, "{message}");'

    # ------------------------------------------------------------ decisions

    def ternary(self, tests: Sequence[Test], type_text: str, exclude: str = "") -> str:
        """`a ? x : y`, or for two tests `a ? x : b ? y : z`, with sides that all differ."""
        depth = len(self.scope.decided)
        sides: list[str] = []
        for at in range(len(tests) + 1):
            if at < len(tests):
                self.scope.decided.append(tests[at].operands)
            for _ in range(40):
                text = self.scope.value(type_text, simple=True)
                if text not in sides and (text != exclude or at > 0):
                    break
            else:
                raise ExhaustedError
            sides.append(text)
        del self.scope.decided[depth:]
        parts = [f"{test.text} ? {side} : " for test, side in zip(tests, sides, strict=False)]
        return "".join(parts) + sides[-1]

    def ternary_statement(self, node: Node) -> list[str]:
        """A statement that holds the ternary, sometimes after a `const` that does."""
        scope = self.scope
        tests = scope.chain(node.tests)
        for _ in range(30):
            name, type_text = self.rng.choice(scope.fields)
            chosen = self.choosing(name, type_text, tests)
            if chosen is None:
                continue
            constant, statement = chosen
            if self.note(name, statement):
                scope.locals.update(constant[:1])
                return [f"const {n} = {e};" for n, e in (constant,) if n] + [statement]
        raise ExhaustedError

    def choosing(
        self, name: str, type_text: str, tests: Sequence[Test]
    ) -> tuple[tuple[str, str], str] | None:
        """A statement about the field that uses a ternary, and the constant it needs, if any."""
        scope = self.scope
        head, arguments = split_type(type_text)
        if head in ("Boolean", "Set", *STRUCTS, "Vector", "["):
            return None
        value_type = {"Counter": "Uint<8>"}.get(head, arguments[-1] if arguments else type_text)
        if head in ("Uint", "Bytes"):
            value_type = type_text
        if head == "Map" and uint_width(value_type) is None:
            return None
        value = self.ternary(tests, value_type)
        constant = ("", "")
        local = LOCAL_NAMES.get(value_type, "")
        if local and local not in scope.locals and scope.chance(0.2):
            constant, value = (local, value), local
        if head == "Counter":
            return constant, f"{name}.increment({value});"
        if head == "Map":
            return constant, f"{name}.insert({scope.key(arguments[0])}, {value});"
        if head in ("List", "MerkleTree"):
            verb = "pushFront" if head == "List" else "insert"
            return constant, f"{name}.{verb}({value});"
        if value == local and head == "Uint":
            return constant, f"{name} = ({name} + {value}) as {type_text};"
        if value == local and head == "Field":
            return constant, f"{name} = {name} + {value};"
        return constant, f"{name} = {value};"

    def loop(self, node: Node, depth: int) -> list[str]:
        """A `for` over a range or over a vector, whose body uses the loop's name."""
        scope, rng = self.scope, self.rng
        vectors = [
            (n, split_type(t)[1][1]) for n, t in scope.fields if split_type(t)[0] == "Vector"
        ]
        index = "ij"[len([n for n in scope.loops if n.below is not None])]
        roll = rng.random()
        inner: Number | None = None
        if roll < 0.5:
            bound = rng.choice((3, 4, 5, 8))
            head = f"for (const {index} of 0..{bound}) {{"
            inner, element, element_type = Number(index, index, 8, below=bound), index, "Uint<8>"
        else:
            keys_wanted = any("Bytes<32>" in split_type(t)[1][:1] for _, t in scope.fields)
            element_type = "Bytes<32>" if keys_wanted and scope.chance(0.6) else "Uint<64>"
            name = "k" if element_type == "Bytes<32>" else "v"
            if any(n.operand == name for n in scope.loops):
                raise ExhaustedError
            if vectors and element_type == "Uint<64>" and scope.chance(0.6):
                head, element = f"for (const {name} of {vectors[0][0]}) {{", name
            else:
                vector = scope.parameter(f"Vector<3, {element_type}>")
                if vector is None:
                    raise ExhaustedError
                head, element = f"for (const {name} of {vector}) {{", f"disclose({name})"
            if element_type == "Uint<64>":
                inner = Number(element, name, 64)
        first = self.consume(element, element_type)
        if inner is not None:
            scope.loops.append(inner)
        lines = self.block(node.children, depth + 1, first)
        if inner is not None:
            scope.loops.pop()
        return [head, *lines, "}"]

    def consume(self, element: str, element_type: str) -> tuple[str, str]:
        """A field and a statement that gives it the loop's element."""
        width = uint_width(element_type)
        choices: list[tuple[str, str]] = []
        for name, type_text in self.scope.fields:
            head, arguments = split_type(type_text)
            bits = uint_width(type_text)
            if width is not None:
                if head == "Counter" and width <= 16:
                    choices.append((name, f"{name}.increment({element});"))
                elif bits is not None and bits >= width and head != "Counter":
                    choices.append((name, f"{name} = ({name} + {element}) as {type_text};"))
                elif head == "Field":
                    choices.append((name, f"{name} = {name} + {element};"))
            fits = [self.fits(element_type, a) for a in arguments]
            if head == "Set" and fits[0]:
                choices.append((name, f"{name}.insert({element});"))
            elif head == "List" and fits[0]:
                choices.append((name, f"{name}.pushFront({element});"))
            elif head == "MerkleTree" and fits[1]:
                choices.append((name, f"{name}.insert({element});"))
            elif head == "Map" and fits[0]:
                value = self.scope.value(arguments[1], simple=True)
                choices.append((name, f"{name}.insert({element}, {value});"))
        if not choices:
            raise ExhaustedError
        return self.rng.choice(choices)

    @staticmethod
    def fits(narrow: str, wide: str) -> bool:
        """Whether a value of the first type is one of the second."""
        left, right = uint_width(narrow), uint_width(wide)
        return narrow == wide or (left is not None and right is not None and left <= right)

    def branches(self, node: Node, depth: int, returns: bool) -> list[str]:
        """An `if`, an `if … else` or an `else if` chain."""
        scope, rng = self.scope, self.rng
        tests = scope.chain(node.tests)
        if node.kind == "else-if" and node.tests == 1:
            tests.append(opposite(tests[0]))
        chain = node.kind == "else-if" and node.tests > 1
        otherwise = node.kind == "if-else" or (chain and (returns or scope.chance(0.6)))
        sides = len(tests) + otherwise
        children: list[list[Node]] = [[] for _ in range(sides)]
        for child in node.children:
            rng.choice(children).append(child)
        lines: list[str] = []
        bodies: set[str] = set()
        base = len(scope.decided)
        for at in range(sides):
            if at < len(tests):
                scope.decided.append(tests[at].operands)
                opening = f"if ({tests[at].text}) {{"
            else:
                opening = "{"
            # Only the first side may undo what came before: past the others it still counts.
            self.guards += at == 0
            for _ in range(10):
                mark = len(scope.decided)
                before = self.written.copy(), self.touched.copy(), self.overwriting.copy()
                body = [f"  {self.final()}"] if returns else self.block(children[at], depth + 1)
                del scope.decided[mark:]
                meaning = spelled_out("\n".join(body))
                if meaning not in bodies:
                    break
                self.written, self.touched, self.overwriting = before
            else:
                raise ExhaustedError
            self.guards -= at == 0
            bodies.add(meaning)
            if at == 0:
                lines.append(opening)
            else:
                lines.append(f"}} else {opening}")
            lines += body
        del scope.decided[base:]
        if returns:
            scope.decided += [t.operands for t in tests]
        return [*lines, "}"]

    def block(
        self, nodes: Sequence[Node], depth: int, first: tuple[str, str] | None = None
    ) -> list[str]:
        """The indented lines of a block: the decisions in order, simple statements around them.

        `first` is a statement to begin with, and the field it changes.
        """
        rng = self.rng
        changed: set[str] = set()
        lines: list[str] = []
        if first is not None:
            changed.add(first[0])
            lines.append(first[1])
            # Another loop over the same field adds to what came before.
            place = place_of(first[1])[1]
            self.written.pop(place, None)
            self.note(*first)
            if place:
                self.written[place] = self.guards
        elif not nodes:
            lines += self.plain(changed)
            if not lines:
                raise ExhaustedError
        if rng.random() < (0.3 if depth else 0.4):
            lines += self.plain(changed)
        for node in nodes:
            lines += self.decision(node, depth)
            if rng.random() < 0.15:
                lines += self.plain(changed)
        return [f"  {line}" for line in lines]

    def decision(self, node: Node, depth: int) -> list[str]:
        if node.kind == "ternary":
            lines = self.ternary_statement(node)
        elif node.kind == "loop":
            lines = self.loop(node, depth)
        else:
            lines = self.branches(node, depth, returns=False)
        self.settle(lines, one_sided=node.kind == "if")
        return lines

    # ------------------------------------------------------------ results and the whole circuit

    def final(self, *, simple: bool = True) -> str:
        """A `return` of a value this circuit has not returned yet (no literal, unless `simple`)."""
        for _ in range(40):
            text = self.scope.value(self.result, simple=simple)
            literal = text in ("true", "false") or text.isdigit()
            if text not in self.returned and (simple or not literal):
                self.returned.add(text)
                return f"return {text};"
        raise ExhaustedError

    def call(self, helper: str) -> str:
        """A statement that keeps what the helper, a circuit Uint<64> -> Uint<64>, returns."""
        wide = [n for n, t in self.scope.fields if t == "Uint<64>"]
        targets = wide or [n for n, t in self.scope.fields if t == "Field"]
        name = self.rng.choice(targets)
        statement = f"{name} = {helper}({self.scope.operand(64).text});"
        self.note(name, statement)
        # Overwritten, the helper's result would be for nothing.
        self.written[name] = self.guards
        return statement

    def write(self, nodes: Sequence[Node], calls: str = "") -> str:
        """The circuit's text; `calls` is a helper it calls.

        Raises `ExhaustedError` when a decision finds no fresh test.
        """
        scope = self.scope
        lines = [f"  {self.check()}"] if scope.chance(0.15) else []
        if calls:
            lines.append(f"  {self.call(calls)}")
        last = nodes[-1] if nodes else None
        if self.result == "[]":
            lines += self.block(nodes, 0)
        elif last is None or not self.can_return(last) or scope.chance(0.5):
            if nodes or scope.chance(0.5):
                lines += self.block(nodes, 0)
            lines.append(f"  {self.final(simple=False)}")
        else:
            if nodes[:-1] or scope.chance(0.4):
                lines += self.block(nodes[:-1], 0)
            lines += [f"  {line}" for line in self.returning(last)]
        body = self.share("\n".join(lines))
        words = words_of(body)
        parameters = ", ".join(f"{n}: {t}" for n, t in scope.parameters.items() if n in words)
        return f"export circuit {self.name}({parameters}): {self.result} {{\n{body}\n}}\n"

    def can_return(self, node: Node) -> bool:
        """Whether the structure can be the last one, each way through it with its own result.

        Not for a Boolean: `a ? b : false` is only another way to write `a && b`.
        """
        one_sided = node.kind == "else-if" and node.tests == 1
        plain = not node.children and node.kind != "loop"
        return plain and not one_sided and self.result != "Boolean"

    def returning(self, node: Node) -> list[str]:
        """The last decision of a circuit with a result: every way through it returns."""
        if node.kind == "ternary":
            return [f"return {self.ternary(self.scope.chain(node.tests), self.result)};"]
        lines = self.branches(node, 0, returns=True)
        if lines.count("} else {") == 0:
            lines.append(self.final())
        return lines

    def share(self, body: str) -> str:
        """Binds a parameter that the body discloses more than once to a `const`, half the time."""
        scope = self.scope
        for name, type_text in scope.parameters.items():
            disclosed = f"disclose({name})"
            local = LOCAL_NAMES.get(type_text)
            if local is None or local in scope.locals or body.count(disclosed) < 2:
                continue
            if scope.chance(0.5):
                scope.locals.add(local)
                body = f"  const {local} = {disclosed};\n" + body.replace(disclosed, local)
        return body
