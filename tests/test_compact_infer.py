"""Types of expressions, statements and calls, and the typed core that they become."""

from __future__ import annotations

import gc
import gzip
import json
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from compact_answers import answer, cases

from forgegym.verifiers.compact.frontend import ast, core, types
from forgegym.verifiers.compact.frontend import check as check_module
from forgegym.verifiers.compact.frontend.check import MAX_CHARACTERS, check
from forgegym.verifiers.compact.frontend.infer import elaborate
from forgegym.verifiers.compact.frontend.parser import parse
from forgegym.verifiers.compact.frontend.source import SourceMap
from forgegym.verifiers.compact.frontend.statements import check_statements

# The answers are compactc 0.31.1's own.
CASES = """
### return values

export circuit f(): Field { return true; }
=> 1:29 mismatch between actual return type Boolean and declared return type Field of circuit f

export circuit f(): Uint<8> { return 256; }
=> 1:31 mismatch between actual return type Uint<0..257> and declared return type Uint<8> of
   circuit f

export circuit f(): Uint<8> { return 255; }
=> accepted

export circuit f(x: Boolean): Field { if (x) return 1; }
=> 1:1 circuit f is declared to return a value of type Field, but its body can return without
   supplying a value

export circuit f(x: Boolean): [] { if (x) return; assert(!x, "no"); }
=> accepted

export circuit f(x: Boolean): Field { if (x) { return 1; } else { return 2; } }
=> accepted

export circuit f(x: Boolean): [Field, Field] {
  if (x) return [1 as Uint<8>, 2 as Field];
  return [1 as Field, 2 as Uint<8>];
}
=> 2:3 mismatch between type [Uint<8>, Field] and type [Field, Uint<8>] of condition branches

constructor() { return 1; }
=> 1:17 mismatch between actual return type Uint<1> and declared return type [] of ledger
   constructor

constructor() {}
constructor() {}
=> 1:1 found other ledger constructors in program: ; line 2 char 1

### constants

export circuit f(): [] { const x: Boolean = 1; }
=> 1:32 mismatch between actual type Uint<1> and declared type Boolean of const binding

export circuit f(): Field { const [a, , b] = [1, true, 2]; return a + b; }
=> accepted

struct P { x: Field, y: Boolean }
export circuit f(p: P): Boolean { const { x: a, y } = p; return y; }
=> accepted

struct P { x: Field }
export circuit f(p: P): Boolean { const { z } = p; return z; }
=> 2:41 structure P has no field named z

export circuit f(): Field {
  const x = 452312848583266388373324160190187140051835877600158453279131187530910662656;
  return x;
}
=> 2:13 constant 452312848583266388373324160190187140051835877600158453279131187530910662656 is
   larger than the largest representable Uint; use;
   452312848583266388373324160190187140051835877600158453279131187530910662656 as Field; to
   treat as a value of type Field

export circuit f(): Field {
  return 452312848583266388373324160190187140051835877600158453279131187530910662656 as Field;
}
=> accepted

### operators

export circuit f(x: Uint<8>, y: Uint<8>): Uint<9> { return x + y; }
=> accepted

export circuit f(x: Uint<8>, y: Uint<8>): Uint<8> { return x + y; }
=> 1:53 mismatch between actual return type Uint<0..511> and declared return type Uint<8> of
   circuit f

export circuit f(x: Uint<8>, y: Uint<8>): Uint<8> { return x - y; }
=> accepted

export circuit f(x: Uint<128>): Uint<248> { return x * x; }
=> 1:52 resulting value might exceed largest representable Uint value (for Field semantics, cast
   either operand to Field)

export circuit f(x: Boolean): Field { return x + 1; }
=> 1:46 + requires its left operand to be a Field or Uint; the actual type is Boolean

new type Price = Uint<16>;
export circuit f(x: Price): Price { return x + x; }
=> accepted

new type Price = Uint<16>;
export circuit f(x: Price): Price { return x + 1; }
=> 2:44 incompatible combination of types Price and Uint<1> for binary arithmetic operator +

new type Price = Uint<16>;
new type Weight = Uint<16>;
export circuit f(x: Price, y: Weight): Boolean { return x < y; }
=> 3:57 incompatible combination of types Price and Weight for relational operator

export circuit f(x: Field): Boolean { return x < 1; }
=> 1:46 incompatible combination of types Field and Uint<1> for relational operator

export circuit f(x: Field, y: Bytes<4>): Boolean { return x == y; }
=> 1:59 incompatible types Field and Bytes<4> for equality operator

export circuit f(x: Field): Boolean { return !x; }
=> 1:46 expected test to have type Boolean, received Field

export circuit f(x: Boolean): [] { x && 5; }
=> accepted

export circuit f(x: Boolean): Boolean { return x && 5; }
=> 1:48 mismatch between type Uint<0..6> and type Boolean of condition branches

export circuit f(x: Boolean): Field { return x ? 1 : "a"; }
=> 1:46 mismatch between type Uint<1> and type Bytes<1> of condition branches

export circuit f(x: Field): [] { assert(x, "no"); }
=> 1:34 expected test to have type Boolean, received Field

### casts

export circuit f(x: Field): Bytes<32> { return x as Bytes<32>; }
=> accepted

export circuit f(x: Bytes<4>): Vector<4, Field> { return x as Vector<4, Field>; }
=> accepted

export circuit f(x: Bytes<4>): Vector<3, Field> { return x as Vector<3, Field>; }
=> 1:58 cannot cast from type Bytes<4> to type Vector<3, Field>

enum E { a, b }
export circuit f(x: Field): E { return x as E; }
=> accepted

enum E { a, b }
export circuit f(x: E): Boolean { return x as Boolean; }
=> 2:42 cannot cast from type Enum<E, a, b> to type Boolean

new type Price = Uint<16>;
export circuit f(x: Boolean): Price { return x as Price; }
=> accepted

new type Price = [Field];
export circuit f(x: Price): Boolean { return x as Boolean; }
=> 2:46 cannot cast from type [Field] to type Boolean

### tuples, vectors, bytes

export circuit f(x: [Field, Boolean]): Boolean { return x[1]; }
=> accepted

export circuit f(x: [Field, Boolean]): Boolean { return x[2]; }
=> 1:57 index 2 is out-of-bounds for a tuple of length 2

export circuit f(x: Vector<3, Field>, i: Field): Field { return x[i]; }
=> 1:65 expected index to have an unsigned type, received Field

export circuit f(x: [Field, Boolean], i: Uint<1>): Field { return x[i]; }
=> 1:67 tuple reference with a non-constant index should be a vector but has a tuple type
   [Field, Boolean] that cannot be converted to a vector because its element types are unrelated

export circuit f(x: Field): Field { return x[0]; }
=> 1:44 expected a tuple, Vector, or Bytes type, received Field

export circuit f(x: Vector<2, Field>): Vector<4, Field> { return [1, ...x, 2]; }
=> accepted

export circuit f(x: Vector<2, Field>): [] { [...x, true]; }
=> 1:45 tuple/vector construction expression with vector-typed spreads has unrelated element
   types Field and Boolean

export circuit f(x: Field): [] { [...x]; }
=> 1:35 expected tuple/vector spread expression to have a tuple, Vector, or Bytes type but
   received Field

export circuit f(x: Bytes<2>): Bytes<4> { return Bytes[1, ...x, 255]; }
=> accepted

export circuit f(): [] { Bytes[256]; }
=> 1:32 expected type of Bytes constructor argument to be a subtype of Uint<8> but received
   Uint<0..257>

export circuit f(x: Vector<5, Field>): Vector<2, Field> { return slice<2>(x, 3); }
=> accepted

export circuit f(x: Vector<5, Field>): [] { slice<2>(x, 4); }
=> 1:45 slice index 4 plus length 2 is out-of-bounds for a vector of length 5

export circuit f(): [] { for (const i of [1, true]) { i; } }
=> 1:26 for 'of' expression should be a vector but has a tuple type [Uint<1>, Boolean] that
   cannot be converted to a vector because its element types are unrelated

### structures

struct P { x: Field, y: Boolean }
export circuit f(): P { return P { y: true, x: 1 }; }
=> accepted

struct P { x: Field, y: Boolean }
export circuit f(p: P): P { return P { ...p, x: 1 }; }
=> accepted

struct P { x: Field, y: Boolean }
export circuit f(): P { return P { 1 }; }
=> 2:32 value for element y is missing in creation syntax for struct P<x: Field, y: Boolean>

struct P { x: Field, y: Boolean }
export circuit f(): P { return P { 1, true, 2 }; }
=> 2:32 more positional initializers (3) supplied than the number of fields (2) of struct P<x:
   Field, y: Boolean>

struct P { x: Field, y: Boolean }
export circuit f(): P { return P { 1, x: 1 }; }
=> 2:39 value of field x is already specified positionally at line 2 char 36

struct P { x: Field, y: Boolean }
export circuit f(): P { return P { x: 1, true }; }
=> 2:42 positional initializer found after spread or named initializer in struct creation syntax

struct P { x: Field, y: Boolean }
export circuit f(): P { return P { x: 1, y: true, z: 1 }; }
=> 2:51 value for unrecognized field named z appears in creation syntax for struct P<x: Field,
   y: Boolean>

struct P { x: Field, y: Boolean }
export circuit f(): P { return P { x: 1, y: 2 }; }
=> 2:32 mismatch between actual type Uint<0..3> and declared type Boolean for field y of struct
   P<x: Field, y: Boolean>

enum E { a }
export circuit f(): E { return E { }; }
=> 2:32 expected structure type, received Enum<E, a>

enum E { a, b }
export circuit f(): E { return E.c; }
=> 2:33 enum E has no field named c

export circuit f(x: Field): Field { return x.y; }
=> 1:45 expected structure type, received Field

### calls

circuit g(x: Field): Field { return x; }
circuit g(x: Boolean): Boolean { return x; }
export circuit f(): Boolean { return g(g(true)); }
=> accepted

circuit g(x: Field): [] {}
circuit g(x: Uint<8>): [] {}
export circuit f(): [] { g(1); }
=> 3:26 call site ambiguity (multiple compatible functions) in call to g; supplied argument
   types: (Uint<1>); compatible functions: line 1 char 1; line 2 char 1

circuit g(x: Boolean): [] {}
circuit g<T>(x: T): [] {}
export circuit f(): [] { g(1); }
=> 3:26 no compatible function named g is in scope at this call; one function is incompatible
   with the supplied generic values; supplied generic values: <>; declared generics for function
   at line 2 char 1: <type>; one function is incompatible with the supplied argument types;
   supplied argument types: (Uint<1>); declared argument types for function at line 1 char 1:
   (Boolean)

export circuit f(): Vector<3, Field> { return map((x) => x + 1, [1, 2, 3]); }
=> accepted

export circuit f(): [] { map((x, y) => x, [1, 2], [3]); }
=> 1:26 mismatch in map-argument vector lengths

export circuit f(x: Vector<3, Field>): Field {
  return fold((sum, a) => sum + a, 0 as Field, x);
}
=> accepted

export circuit f(x: Vector<3, Field>): Field { return fold((sum, a) => sum + a, 0, x); }
=> 1:55 fold requires the return type and first-argument type to be the same; [inferred]
   first-argument type: Uint<0..1>, [inferred] return type: Field

export circuit f(): Field { return ((x: Boolean): Field => 1)(2); }
=> 1:36 incompatible arguments in call to anonymous circuit; supplied argument types:
   (Uint<0..3>); declared circuit type: (Boolean)

import CompactStandardLibrary;
export circuit f(x: Opaque<"string">): Bytes<32> {
  return persistentHash<Opaque<"string">>(x);
}
=> 3:10 persistentHash cannot be applied to a first argument containing opaque JavaScript
   values, received Opaque<"string">

### the ledger

import CompactStandardLibrary;
ledger n: Counter;
export circuit f(): Uint<64> { n += 1; n.increment(2); return n; }
=> accepted

import CompactStandardLibrary;
ledger n: Counter;
export circuit f(): [] { n += 65536; }
=> 3:28 expected right-hand side of += to have type Uint<16> but received Uint<0..65537>

import CompactStandardLibrary;
ledger n: Counter;
export circuit f(): [] { n = 1; }
=> 3:28 operation = undefined for ledger field type Counter

ledger x: Field;
export circuit f(): [] { x = true; }
=> 2:28 expected right-hand side of = to have type Field but received Boolean

export circuit f(x: Field): [] { x = 1; }
=> 1:34 expected left-hand side of = to have an ADT type, received Field

export circuit f(x: Field): [] { x.insert(1); }
=> 1:34 expected left-hand side of . to have an ADT or contract type, received Field

import CompactStandardLibrary;
ledger m: Map<Field, Boolean>;
export circuit f(): [] { m.insert(1, 2); }
=> 3:27 expected second argument of insert to have type Boolean but received Uint<0..3>

import CompactStandardLibrary;
ledger m: Map<Field, Boolean>;
export circuit f(): [] { m.insert(1); }
=> 3:27 Map insert requires 2 arguments but received 1

import CompactStandardLibrary;
ledger m: Map<Field, Boolean>;
export circuit f(): [] { m.put(1, true); }
=> 3:27 operation put undefined for ledger field type Map<Field, Boolean>

import CompactStandardLibrary;
ledger m: Map<Field, Boolean>;
export circuit f(): [] { m; }
=> 3:26 incomplete chain of ledger indirects: final result must be a regular type, but received
   ADT type Map<Field, Boolean>

import CompactStandardLibrary;
ledger m: Map<Field, Map<Field, Counter>>;
export circuit f(): Uint<64> { m.lookup(1).lookup(2) += 1; return m.lookup(1).lookup(2); }
=> accepted

import CompactStandardLibrary;
ledger s: Set<Field>;
export circuit f(): [] { s.iter(); }
=> 3:27 Set iter is a runtime-only method, but was invoked in-circuit

import CompactStandardLibrary;
ledger s: Set<Field>;
export circuit f(): [] { s.is_empty(); }
=> 3:27 apparent use of an old standard-library / ledger operator name is_empty: the new name is
   isEmpty

import CompactStandardLibrary;
export circuit f(x: Counter): [] { }
=> 2:18 expected argument 'x' type to be an ordinary Compact type but received ADT type Counter

import CompactStandardLibrary;
export circuit f(): Vector<2, Counter> { }
=> 2:21 expected vector element type to be an ordinary Compact type but received ADT type
   Counter

import CompactStandardLibrary;
ledger coins: Set<QualifiedShieldedCoinInfo>;
ledger other: Set<Field>;
export circuit f(c: ShieldedCoinInfo): [] {
  coins.insertCoin(disclose(c), right<ZswapCoinPublicKey, ContractAddress>(kernel.self()));
  other.insertCoin();
}
=> 6:8 operation insertCoin undefined for ledger field type Set<Field>

"""


def typed(program: str, source_map: SourceMap) -> core.Program:
    tree = parse(program)
    check_statements(tree)
    return elaborate(tree, source_map)


@pytest.mark.parametrize(("program", "expected"), cases(CASES))
def test_answers_as_the_compiler(program: str, expected: str) -> None:
    assert answer(program, typed) == expected


def body(program: str) -> core.Expression:
    """The body of the last circuit."""
    return typed(program, SourceMap(program)).circuits[-1].body


def test_implicit_conversions_are_written_out() -> None:
    result = body("export circuit f(x: Uint<8>): Field { return x; }")
    assert isinstance(result, core.Cast)
    assert (result.kind, types.show(result.source), types.show(result.target)) == (
        "safe",
        "Uint<8>",
        "Field",
    )


def test_a_subtraction_checks_that_it_can_be_done() -> None:
    result = body("export circuit f(x: Uint<8>, y: Uint<8>): Uint<8> { return x - y; }")
    assert isinstance(result, core.Return)
    assert isinstance(result.value, core.Sequence)
    check_first, difference = result.value.expressions
    assert isinstance(check_first, core.Assert)
    assert isinstance(difference, core.Arithmetic)
    assert difference.bits == 8


def test_a_loop_over_a_range_is_a_fold_that_is_not_unrolled() -> None:
    result = body("export circuit f(): [] { for (const i of 3..16777216) { assert(i > 2, ''); } }")
    assert isinstance(result, core.Sequence)
    loop = result.expressions[0]
    assert isinstance(loop, core.Fold)
    assert loop.length == 16777213
    assert loop.arguments[0].value == core.Range(loop.pos, 3, 16777216)


def test_what_follows_a_returning_branch_moves_into_the_other() -> None:
    result = body("export circuit f(x: Boolean): Field { if (x) return 1; return 2; }")
    assert isinstance(result, core.Cast)
    assert isinstance(result.operand, core.If)
    assert isinstance(result.operand.then, core.Cast)
    assert isinstance(result.operand.otherwise, core.Return)


def test_ledger_operations_form_one_access() -> None:
    result = body(
        "import CompactStandardLibrary; ledger m: Map<Field, Counter>;"
        "export circuit f(): [] { m.lookup(1) += 2; }"
    )
    assert isinstance(result, core.Sequence)
    access = result.expressions[0]
    assert isinstance(access, core.LedgerAccess)
    assert access.field.name == "m"
    assert [a.operation.name for a in access.accesses] == ["lookup", "increment"]
    assert access.sugar == "+="


def test_nesting_and_size_are_limited_with_a_clear_error() -> None:
    deep = "circuit f(): [] { " + "{ " * 5000 + "} " * 5000 + "}"
    long = " " * (MAX_CHARACTERS + 1)
    branches = " ".join(["if (x) { if (!x) return 1; }"] * 40)
    unfolding = f"export circuit f(x: Boolean): Field {{ {branches} return 1; }}"
    for program in (deep, long, unfolding):
        error = check(program).error
        assert error is not None
        assert "front end" in error.message


@pytest.mark.parametrize("count", [1, 100, 1000])
def test_many_constants_in_a_row_are_no_problem(count: int) -> None:
    constants = " ".join(f"const x{i} = {i};" for i in range(count))
    assert check(f"export circuit f(): Field {{ {constants} return x{count - 1}; }}").accepted


def test_a_thread_that_is_done_takes_nothing_from_one_that_is_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """How deep Python may recurse, and whether it collects, are settings of the whole process."""
    constants = " ".join(f"const x{i} = {i};" for i in range(1000))
    deep = f"export circuit f(): Field {{ {constants} return x999; }}"
    first_in, second_in, first_out = threading.Event(), threading.Event(), threading.Event()

    def parse_while_another_comes_or_goes(source: str) -> ast.Program:
        if source == deep:
            second_in.set()
            first_out.wait(10)
        else:
            first_in.set()
            second_in.wait(0.2)
        return parse(source)

    def first() -> None:
        check("")
        first_out.set()

    monkeypatch.setattr(check_module, "parse", parse_while_another_comes_or_goes)
    before = sys.getrecursionlimit(), gc.isenabled()
    with ThreadPoolExecutor(1) as pool:
        pool.submit(first)
        first_in.wait(10)
        assert check(deep).accepted
    assert (sys.getrecursionlimit(), gc.isenabled()) == before


def test_an_empty_program_is_accepted() -> None:
    assert check("").accepted


@pytest.mark.shared_data
def test_agrees_with_the_compilers_verdicts(shared_data: Path) -> None:
    with gzip.open(shared_data / "compact" / "verdicts.dev.jsonl.gz", "rt") as lines:
        rows = [json.loads(line) for line in lines]
    kept = accepted = caught = agreeing = 0
    for row in rows:
        error = check(row["source"]).error
        if row["accepted"]:
            accepted += 1
            kept += error is None
        elif error is not None:
            caught += 1
            message = row["message"].split("\nException")[0]
            agreeing += message.removeprefix("<standard library>: ") == error.message
    assert kept / accepted > 0.995
    assert caught / (len(rows) - accepted) > 0.995
    assert agreeing / caught > 0.99
