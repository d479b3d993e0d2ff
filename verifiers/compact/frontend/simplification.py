"""What of a circuit's effects makes a difference to what comes out of it in the end."""

from __future__ import annotations

from typing import Final

from .conditions import Sequence, Value, Values

FORKS: Final = frozenset(("if", "cond", "choice"))
# Doing these again with the same operands changes nothing more.
_IDEMPOTENT: Final = frozenset(("=", "insert", "insertDefault", "remove", "insertIndex"))


class Simplifier:
    """Drops the effects of one run that make no difference."""

    __slots__ = ("nodes", "values")

    def __init__(self, values: Values) -> None:
        self.values = values
        self.nodes = values.nodes

    def reduced(self, effects: Sequence, after: Sequence) -> Sequence:
        """`effects` without those that make no difference before `after`."""
        return self.simplify(effects, after, frozenset())[0]

    def simplify(
        self, effects: Sequence, after: Sequence, gone: frozenset[int]
    ) -> tuple[Sequence, frozenset[int]]:
        """`reduced`, and which fields are replaced anyway.

        `gone` are the ledger fields whose content is replaced later in any case; it is returned
        as of before `effects`.
        """
        result: Sequence = ()
        for effect in reversed(effects):
            node = self.nodes[effect]
            kind = node[0]
            if kind == "write":
                if node[1] in gone:
                    continue
                if self.tells((effect,)):
                    gone = frozenset()
                elif node[3]:
                    gone |= {node[1]}
            elif kind in ("return", "fail"):
                result, gone = (), frozenset()
            elif kind == "do":
                gone = frozenset()
            elif kind in FORKS:
                rest = result if self.ends(result) else result + after
                then, gone_then = self.simplify(node[2], rest, gone)
                otherwise, gone_otherwise = self.simplify(node[3], rest, gone)
                whole = then if self.ends(then) else then + rest
                if whole == (otherwise if self.ends(otherwise) else otherwise + rest):
                    result = then if self.ends(then) else then + result
                    gone = gone_then
                    continue
                effect = self.values.make(kind, node[1], then, otherwise, node[4])
                gone = frozenset() if self.tells(node[1:2]) else gone_then & gone_otherwise
            elif kind == "loop":
                body, _ = self.simplify(node[3], (self.values.make("next"),), frozenset())
                gone = frozenset()
                if not self.varies(body, node[2]):
                    result = body if self.ends(body) else body + result
                    continue
                effect = self.values.make(kind, node[1], node[2], body)
            result = (effect, *result)
        return result, gone

    def tells(self, values: Sequence) -> bool:
        """Whether any of `values` depends on which way an earlier fork or loop went.

        The writes on those ways are then read, however soon their fields are replaced.
        """
        return any(
            self.nodes[value][0] in ("either", "since") for value in self.values.all_inside(values)
        )

    def ends(self, effects: Sequence) -> bool:
        """Whether nothing comes behind `effects`."""
        if not effects:
            return False
        node = self.nodes[effects[-1]]
        if node[0] in FORKS:
            return self.ends(node[2]) and self.ends(node[3])
        return node[0] in ("return", "fail")

    def varies(self, effects: Sequence, number: int) -> bool:
        """Whether a second round of loop `number` can do more than the first."""
        return any(self.effect_varies(effect, number) for effect in effects)

    def effect_varies(self, effect: Value, number: int) -> bool:
        node = self.nodes[effect]
        if node[0] in FORKS:
            return self.depends(node[1:2], number) or self.varies(node[2] + node[3], number)
        if node[0] == "do":
            return True
        if node[0] == "write":
            content = self.nodes[node[2]]
            if content[0] == "after" and len(content[2]) == 1 and content[2][0][0] in _IDEMPOTENT:
                return self.depends(content[2][0][1], number)
        return self.depends((effect,), number)

    def depends(self, values: Sequence, number: int) -> bool:
        """Whether any of `values` can differ from round to round of loop `number`."""
        for value in self.values.all_inside(values):
            node = self.nodes[value]
            if node[0] == "round" and node[1] == number:
                return True
            if node[0] == "since" and node[2:] == ("round", number):
                return True
        return False
