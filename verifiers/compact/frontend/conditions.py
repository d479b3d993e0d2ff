"""What is known on a path: values in a normal form, conditions over them, and what follows.

Every value is a number into a table, equal exactly when it is written the same way in the normal
form, so that an alias, a cast, swapped operands or a moved constant change nothing. Comparisons
become membership of a sum in a set of integers (``a < b`` and ``b > a`` are both ``a - b`` in
``(-inf, -1]``), conditions become conjunctions and disjunctions of those, and a question is
answered by case distinction over the facts of the path.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from math import gcd, inf
from typing import Any, Final, Union


class Value(int):
    """A number into a table of `Values`; a class of its own to tell it from other numbers."""

    __slots__ = ()


Sequence = tuple[Value, ...]  # of effects, or of what an effect is given
Bound = Union[int, float]
# Disjoint intervals of integers in ascending order, both ends included.
Intervals = tuple[tuple[Bound, Bound], ...]
# A sum without its constant: values and their coefficients, in the order of the values.
Sum = tuple[tuple[Value, int], ...]

EVERYTHING: Final[Intervals] = ((-inf, inf),)
TRUE: Final = Value(0)
FALSE: Final = Value(1)

_FORMULAS: Final = frozenset(("true", "false", "atom", "and", "or"))
_FLIPPED: Final = {"==": "==", "!=": "!=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}

# Answers that take longer than this many steps count as known: a condition nobody can follow
# is worth nothing. A contract of a hundred ordinary decisions needs a tenth of it.
_MAX_STEPS: Final = 200_000
# A comparison looks into this many conditional values, one in the other.
_MAX_CASES: Final = 6
# A product of sums is written out if that makes no more terms, of no more factors each; beyond
# that it stands for itself.
_MAX_TERMS: Final = 16
_MAX_FACTORS: Final = 8
# No number of a contract comes near; squares of squares would have more digits than fit memory.
_MAX_NUMBER: Final = 1 << 512


def intersection(a: Intervals, b: Intervals) -> Intervals:
    """The numbers in both."""
    if a is EVERYTHING or a == b:
        return b
    result = []
    for low, high in a:
        for other_low, other_high in b:
            lower = low if low > other_low else other_low
            upper = high if high < other_high else other_high
            if lower <= upper:
                result.append((lower, upper))
    return tuple(result)


def complement(a: Intervals) -> Intervals:
    """The integers that are not in `a`."""
    result: list[tuple[Bound, Bound]] = []
    low: Bound = -inf
    for start, end in a:
        if start > low:
            result.append((low, start - 1))
        low = end + 1 if end != inf else inf
    if low != inf:
        result.append((low, inf))
    return tuple(result)


def union(a: Intervals, b: Intervals) -> Intervals:
    """The numbers in either."""
    return complement(intersection(complement(a), complement(b)))


def parts_of(part: Any) -> Iterator[Value]:
    """The values in a node or a part of one, in order."""
    if isinstance(part, Value):
        yield part
    elif isinstance(part, tuple):
        for inner in part:
            yield from parts_of(inner)


class Values:
    """The table of values of one circuit.

    A node is a tuple: a kind and its parts. Conditions are ``("true",)``, ``("false",)``,
    ``("atom", sum, intervals)``, ``("and", parts)`` and ``("or", parts)``; numbers are
    ``("sum", constant, sum)``; ``("ite", condition, value, value)`` is a conditional value; every
    other node stands for itself. `bounds` holds what the type of a value says about it.
    """

    __slots__ = ("bounds", "ids", "negations", "nodes", "steps")

    def __init__(self) -> None:
        self.nodes: list[tuple[Any, ...]] = [("true",), ("false",)]
        self.ids: dict[tuple[Any, ...], Value] = {("true",): TRUE, ("false",): FALSE}
        self.bounds: dict[Value, tuple[Bound, Bound]] = {}
        self.negations: dict[Value, Value] = {TRUE: FALSE, FALSE: TRUE}
        self.steps = _MAX_STEPS

    def make(self, *node: Any) -> Value:
        """The value of that node."""
        known = self.ids.get(node)
        if known is None:
            known = self.ids[node] = Value(len(self.nodes))
            self.nodes.append(node)
        return known

    # ------------------------------------------------------------ numbers

    def number(self, constant: int) -> Value:
        return self.make("sum", constant, ())

    def as_sum(self, value: Value) -> tuple[int, Sum]:
        """A value as a constant and a sum. A condition counts 1 where it holds."""
        node = self.nodes[value]
        kind = node[0]
        if kind == "sum":
            return node[1], node[2]
        if kind in _FORMULAS:
            if value <= FALSE:
                return 1 - value, ()
            plain = self.plain(value)
            if plain == value:
                plain = self.make("truth", value)
                self.bounds[plain] = (0, 1)
            value = plain
        return 0, ((value, 1),)

    def from_sum(self, constant: int, total: Sum) -> Value:
        if constant == 0 and len(total) == 1 and total[0][1] == 1:
            return total[0][0]
        return self.make("sum", constant, total)

    def plain(self, value: Value) -> Value:
        """`value`, or the Boolean value that it merely says is true."""
        node = self.nodes[value]
        if node[0] == "atom" and node[2] == ((1, 1),) and len(node[1]) == 1:
            symbol: Value = node[1][0][0]
            if node[1][0][1] == 1 and self.bounds.get(symbol) == (0, 1):
                return symbol
        return value

    def add(self, a: Value, b: Value, factor: int = 1) -> Value:
        """``a + factor * b``."""
        constant, total = self.as_sum(a)
        other_constant, other = self.as_sum(b)
        factors = dict(total)
        for value, count in other:
            factors[value] = factors.get(value, 0) + factor * count
        merged = tuple(sorted((v, n) for v, n in factors.items() if n))
        return self.from_sum(constant + factor * other_constant, merged)

    def multiply(self, a: Value, b: Value) -> Value:
        """``a * b``, written out: a sum of products."""
        constant, total = self.as_sum(a)
        other_constant, other = self.as_sum(b)
        too_many = total and other and (len(total) + 1) * (len(other) + 1) > _MAX_TERMS
        if too_many or abs(constant * other_constant) > _MAX_NUMBER:
            return self.product(a, b)
        factors: dict[Value, int] = {}
        for value, count in total:
            factors[value] = factors.get(value, 0) + count * other_constant
        for value, count in other:
            factors[value] = factors.get(value, 0) + count * constant
        for value, count in total:
            for other_value, other_count in other:
                both = self.product(value, other_value)
                factors[both] = factors.get(both, 0) + count * other_count
        written_out = tuple(sorted((v, n) for v, n in factors.items() if n))
        return self.from_sum(constant * other_constant, written_out)

    def product(self, a: Value, b: Value) -> Value:
        """The product of two values that are no sums, or stay as they are."""
        parts: list[Value] = []
        for value in (a, b):
            node = self.nodes[value]
            parts += node[1:] if node[0] == "product" else (value,)
        if len(parts) > _MAX_FACTORS:
            parts = [a, b]
        # What is 0 or 1 is its own square.
        truths = {value for value in parts if self.bounds.get(value) == (0, 1)}
        parts = sorted([value for value in parts if value not in truths] + list(truths))
        if len(parts) == 1:
            return parts[0]
        result = self.make("product", *parts)
        low, high = self.range_of(parts[0])
        for value in parts[1:]:
            least, greatest = self.range_of(value)
            if max(abs(end) for end in (low, high, least, greatest)) > _MAX_NUMBER:
                return result
            ends = (low * least, low * greatest, high * least, high * greatest)
            low, high = min(ends), max(ends)
        if max(abs(low), abs(high)) <= _MAX_NUMBER:
            self.bounds[result] = (low, high)
        return result

    def range(self, total: Sum) -> tuple[Bound, Bound]:
        """The least and the greatest value that types allow for a sum."""
        low: Bound = 0
        high: Bound = 0
        for value, factor in total:
            bounds = self.bounds.get(value)
            if bounds is None:
                return -inf, inf
            least, greatest = bounds if factor > 0 else bounds[::-1]
            low = -inf if -inf in (low, least * factor) else low + least * factor
            high = inf if inf in (high, greatest * factor) else high + greatest * factor
        return low, high

    def range_of(self, value: Value) -> tuple[Bound, Bound]:
        """The least and the greatest number that types allow for a value."""
        constant, total = self.as_sum(value)
        low, high = self.range(total)
        return (
            low if low == -inf else low + constant,
            high if high == inf else high + constant,
        )

    # ------------------------------------------------------------ conditions

    def atom(self, total: Sum, numbers: Intervals) -> Value:
        """The condition that a sum is one of `numbers`."""
        bounds = self.range(total)
        numbers = intersection((bounds,), numbers)
        if not numbers:
            return FALSE
        if numbers == (bounds,):
            return TRUE
        if len(total) == 1:
            node = self.nodes[total[0][0]]
            if node[0] == "truth":
                inner: Value = node[1]
                return inner if numbers == ((1, 1),) else self.negate(inner)
        return self.make("atom", total, numbers)

    def compare(self, operator: str, a: Value, b: Value, cases: int = _MAX_CASES) -> Value:
        """The condition ``a operator b``."""
        if operator in ("==", "!="):
            pairs = self.pairs(self.nodes[a], self.nodes[b])
            if pairs is not None:
                same = self.all(self.compare("==", one, two, cases) for one, two in pairs)
                return same if operator == "==" else self.negate(same)
        for value, other, swapped in ((a, b, False), (b, a, True)):
            node = self.nodes[value]
            if node[0] == "ite" and cases:
                op = _FLIPPED[operator] if swapped else operator
                return self.choose(
                    node[1],
                    self.compare(op, node[2], other, cases - 1),
                    self.compare(op, node[3], other, cases - 1),
                )
        constant, total = self.as_sum(self.add(a, b, -1))
        if not total:
            return TRUE if _holds(operator, constant) else FALSE
        divisor = gcd(*(factor for _, factor in total))
        if total[0][1] < 0:
            divisor = -divisor
            operator = _FLIPPED[operator]
        total = tuple((value, factor // divisor) for value, factor in total)
        # What is left: total operator -constant / divisor.
        below, above = -constant // divisor, -(constant // divisor)
        if operator in ("==", "!="):
            numbers: Intervals = ((below, below),) if below == above else ()
            return self.atom(total, numbers if operator == "==" else complement(numbers))
        if operator == "<":
            return self.atom(total, ((-inf, above - 1),))
        if operator == "<=":
            return self.atom(total, ((-inf, below),))
        if operator == ">":
            return self.atom(total, ((below + 1, inf),))
        return self.atom(total, ((above, inf),))

    def pairs(self, a: tuple[Any, ...], b: tuple[Any, ...]) -> list[tuple[Value, Value]] | None:
        """What has to be equal for two structured values to be, part by part."""
        if a[0] == b[0] == "tuple" and len(a[1]) == len(b[1]):
            return list(zip(a[1], b[1], strict=True))
        if a[0] == b[0] == "struct" and a[1] == b[1]:
            names = [name for name, _ in a[2]]
            if names == [name for name, _ in b[2]]:
                return [(one, two) for (_, one), (_, two) in zip(a[2], b[2], strict=True)]
        return None

    def truth(self, value: Value, cases: int = _MAX_CASES) -> Value:
        """The condition that a Boolean value is true."""
        node = self.nodes[value]
        kind = node[0]
        if kind in _FORMULAS:
            return value
        if kind == "ite" and cases:
            return self.choose(
                node[1], self.truth(node[2], cases - 1), self.truth(node[3], cases - 1)
            )
        if kind == "sum":
            return TRUE if node[1:] == (1, ()) else FALSE
        self.bounds[value] = (0, 1)
        return self.atom(((value, 1),), ((1, 1),))

    def negate(self, condition: Value) -> Value:
        known = self.negations.get(condition)
        if known is None:
            node = self.nodes[condition]
            if node[0] == "atom":
                known = self.atom(node[1], complement(node[2]))
            elif node[0] == "and":
                known = self.any(self.negate(part) for part in node[1])
            else:
                known = self.all(self.negate(part) for part in node[1])
            self.negations[condition] = known
            self.negations[known] = condition
        return known

    def all(self, conditions: Iterable[Value]) -> Value:
        return self._joined("and", conditions, TRUE, FALSE)

    def any(self, conditions: Iterable[Value]) -> Value:
        return self._joined("or", conditions, FALSE, TRUE)

    def _joined(
        self, kind: str, conditions: Iterable[Value], neutral: Value, decisive: Value
    ) -> Value:
        parts: set[Value] = set()
        for condition in conditions:
            node = self.nodes[condition]
            if node[0] == kind:
                parts.update(node[1])
            elif condition == decisive:
                return decisive
            elif condition != neutral:
                parts.add(condition)
        if not parts:
            return neutral
        if len(parts) == 1:
            return parts.pop()
        if any(self.negate(part) in parts for part in parts):
            return decisive
        return self.make(kind, tuple(sorted(parts)))

    def choose(self, test: Value, then: Value, otherwise: Value) -> Value:
        """The condition ``test ? then : otherwise``."""
        if then == otherwise:
            return then
        return self.any((self.all((test, then)), self.all((self.negate(test), otherwise))))

    def operators(self, condition: Value) -> int:
        """How many ``&&`` and ``||`` a condition needs."""
        node = self.nodes[condition]
        if node[0] not in ("and", "or"):
            return 0
        parts = node[1]
        return len(parts) - 1 + sum(self.operators(part) for part in parts)

    def all_inside(self, roots: Iterable[Value]) -> set[Value]:
        """The values of `roots` and all in them."""
        found: set[Value] = set()
        waiting = list(roots)
        while waiting:
            value = waiting.pop()
            if value not in found:
                found.add(value)
                waiting.extend(parts_of(self.nodes[value]))
        return found


def _holds(operator: str, difference: int) -> bool:
    if operator == "==":
        return difference == 0
    if operator == "!=":
        return difference != 0
    if difference == 0:
        return operator in ("<=", ">=")
    return (difference < 0) == (operator in ("<", "<="))


class Facts:
    """What is known at a point of a path.

    `numbers` restricts sums, `clauses` are disjunctions that hold. `decided` are conditions that
    every path to this point has had to decide, one way or the other.
    """

    __slots__ = ("clauses", "decided", "numbers", "values")

    def __init__(self, values: Values) -> None:
        self.values = values
        self.numbers: dict[Sum, Intervals] = {}
        self.clauses: tuple[Value, ...] = ()
        self.decided: tuple[Value, ...] = ()

    def copy(self) -> Facts:
        other = Facts(self.values)
        other.numbers = self.numbers.copy()
        other.clauses = self.clauses
        other.decided = self.decided
        return other

    def assuming(self, condition: Value) -> Facts:
        """These facts and `condition`."""
        other = self.copy()
        other.assume(condition)
        return other

    def assume(self, condition: Value) -> bool:
        """Learn `condition`. False if it contradicts what is known."""
        if condition == TRUE:
            return True
        return self._learn([condition])

    def _learn(self, waiting: list[Value]) -> bool:
        nodes = self.values.nodes
        while waiting:
            condition = waiting.pop()
            node = nodes[condition]
            kind = node[0]
            if kind == "false":
                return False
            if kind == "and":
                waiting.extend(node[1])
            elif kind == "atom":
                numbers = intersection(self.known(node[1]), node[2])
                if not numbers:
                    return False
                self.numbers[node[1]] = numbers
            elif kind == "or" and condition not in self.clauses:
                self.clauses = (*self.clauses, condition)
            if not waiting and self.clauses:
                waiting = self._from_clauses()
                if waiting == [FALSE]:
                    return False
        return True

    def _from_clauses(self) -> list[Value]:
        """What the disjunctions leave no choice about; drops those that hold anyway."""
        learnt: list[Value] = []
        kept: list[Value] = []
        for clause in self.clauses:
            open_parts = []
            for part in self.values.nodes[clause][1]:
                known = self.evaluate(part)
                if known:
                    break
                if known is None:
                    open_parts.append(part)
            else:
                if not open_parts:
                    return [FALSE]
                if len(open_parts) == 1:
                    learnt.append(open_parts[0])
                else:
                    kept.append(clause)
        self.clauses = tuple(kept)
        return learnt

    def known(self, total: Sum) -> Intervals:
        """The numbers that a sum can be."""
        numbers = self.numbers.get(total)
        if len(total) == 1:
            return numbers if numbers is not None else (self.values.range(total),)
        low: Bound = 0
        high: Bound = 0
        for value, factor in total:
            part = self.known(((value, 1),))
            least, greatest = part[0][0], part[-1][1]
            if factor < 0:
                least, greatest = greatest, least
            low = -inf if -inf in (low, least * factor) else low + least * factor
            high = inf if inf in (high, greatest * factor) else high + greatest * factor
        hull: Intervals = ((low, high),)
        return hull if numbers is None else intersection(hull, numbers)

    def evaluate(self, condition: Value) -> bool | None:
        """Whether a condition holds, as far as its parts tell one by one."""
        values = self.values
        values.steps -= 1
        node = values.nodes[condition]
        kind = node[0]
        if kind == "atom":
            known = self.known(node[1])
            common = intersection(known, node[2])
            if not common:
                return False
            return True if common == known else None
        if condition <= FALSE:
            return condition == TRUE
        if values.steps < 0:
            return None
        result: bool | None = kind == "and"
        for part in node[1]:
            known_part = self.evaluate(part)
            if known_part is not (kind == "and"):
                if known_part is not None:
                    return known_part
                result = None
        return result

    def allows(self, condition: Value) -> bool:
        """Whether `condition` can be true here."""
        values = self.values
        values.steps -= 1
        facts = self.copy()
        if not facts.assume(condition):
            return False
        if not facts.clauses or values.steps < 0:
            return True
        clause = facts.clauses[0]
        facts.clauses = facts.clauses[1:]
        return any(facts.allows(part) for part in values.nodes[clause][1])

    def decide(self, condition: Value) -> bool | None:
        """Whether `condition` is always true (True) or never true (False) here."""
        if condition <= FALSE:
            return condition == TRUE
        known = self.evaluate(condition)
        if known is not None:
            return known
        if self.values.steps < 0:
            return True
        node = self.values.nodes[condition]
        if node[0] == "atom" and not self.clauses:
            return None
        if not self.allows(condition):
            return False
        return None if self.allows(self.values.negate(condition)) else True

    def simplify(self, condition: Value) -> Value:
        """`condition` without the parts that are known here."""
        known = self.decide(condition)
        if known is not None:
            return TRUE if known else FALSE
        values = self.values
        node = values.nodes[condition]
        kind = node[0]
        if kind == "atom":
            return condition
        facts = self.copy()
        kept = []
        for part in node[1]:
            part = facts.simplify(part)
            kept.append(part)
            facts.assume(part if kind == "and" else values.negate(part))
        return values.all(kept) if kind == "and" else values.any(kept)

    def determined(self, condition: Value) -> bool:
        """Whether what earlier decisions came out as tells `condition`, whatever that was."""
        related = self._related(condition)
        return bool(related) and self._determined(condition, related)

    def _determined(self, condition: Value, decisions: tuple[Value, ...]) -> bool:
        if self.decide(condition) is not None:
            return True
        if not decisions:
            return False
        first, rest = decisions[0], decisions[1:]
        for outcome in (first, self.values.negate(first)):
            facts = self.copy()
            if facts.assume(outcome) and not facts._determined(condition, rest):
                return False
        return True

    def _related(self, condition: Value) -> tuple[Value, ...]:
        """The decided conditions that share a value with `condition`, at most six."""
        atoms = self._values_in(condition)
        related = [d for d in reversed(self.decided) if not atoms.isdisjoint(self._values_in(d))]
        return tuple(related[:6])

    def _values_in(self, condition: Value) -> set[Value]:
        node = self.values.nodes[condition]
        if node[0] == "atom":
            return {value for value, _ in node[1]}
        found: set[Value] = set()
        if condition > FALSE:
            for part in node[1]:
                found |= self._values_in(part)
        return found

    def joined(self, other: Facts) -> Facts:
        """What is known where two paths meet."""
        result = Facts(self.values)
        for total, numbers in self.numbers.items():
            others = other.numbers.get(total)
            if others is not None:
                result.numbers[total] = numbers if numbers == others else union(numbers, others)
        result.clauses = tuple(c for c in self.clauses if c in other.clauses)
        result.decided = tuple(d for d in self.decided if d in other.decided)
        return result
