"""Names: scopes, modules, exports, types, generics and the standard library."""

from __future__ import annotations

import pytest
from compact_answers import ACCEPTED, answer, cases

from forgegym.verifiers.compact.frontend.infer import elaborate
from forgegym.verifiers.compact.frontend.parser import parse
from forgegym.verifiers.compact.frontend.resolve import in_order, library, one_line
from forgegym.verifiers.compact.frontend.source import SourceMap

# The answers are compactc 0.31.1's own.
CASES = """
### scopes

circuit f(): Field { return y; }
=> 1:29 unbound identifier y

circuit f(x: Price): Field { return 1; }
=> 1:14 unbound identifier Price

circuit f(): Field { const a = b; const b = 1; return a; }
=> 1:32 identifier b might be referenced before it is assigned

circuit f(x: Field): Field { { const x = true; } return x; }
=> accepted

enum Size { small, large }
circuit f(): Field { return Size; }
=> 2:29 invalid context for reference to enum name Size

struct P { x: Field }
circuit f(): Field { return P(); }
=> 2:29 invalid context for reference to struct name P

struct P { x: Field }
enum P { a }
=> 2:1 another binding found for P in the same scope at line 1 char 1

circuit f(): [] {}
ledger f: Field;
=> 2:1 another binding found for f in the same scope at line 1 char 1

circuit f(a: Left, b: Middle, c: Right): [] {}
=> 1:34 unbound identifier Right

circuit f(): [] { one(), two(), three(); }
=> 1:33 unbound identifier three

### modules

module Shop { circuit hidden(): [] {} }
import Shop;
export circuit f(): [] { hidden(); }
=> 3:26 unbound identifier hidden

module Shop { export circuit pay(): [] {} }
import Shop prefix shop_;
export circuit f(): [] { shop_pay(); pay(); }
=> 3:38 unbound identifier pay

module Shop { export circuit pay(): Field { return 1; } }
import { pay as buy } from Shop;
export circuit f(): Field { return buy(); }
=> accepted

module Shop { export circuit pay(): [] {} }
import { sell } from Shop;
=> 2:10 no export named sell in module Shop

module A { import B; }
module B { import A; }
import A;
=> 2:12 cycle involving modules B and A

module Sized<#n> { export circuit size(): Uint<32> { return n; } }
import Sized<4>;
export circuit f(): Uint<32> { return size(); }
=> accepted

module Sized<#n> { export circuit size(): Uint<32> { return n; } }
import Sized<Field>;
=> 2:14 expected size but received type for generic parameter n declared at line 1 char 14

module Sized<#n> { export circuit size(): Uint<32> { return n; } }
import Sized;
=> 2:1 mismatch between actual number 0 and declared number 1 of import generic parameters for
   Sized

import Nowhere;
=> 1:1 failed to locate file "Nowhere.compact"

import "shop/prices";
=> 1:1 failed to locate file "shop/prices.compact"

module M { constructor() {} }
import M;
=> 1:12 misplaced constructor: should appear only at the top level of a program

module M { circuit f(): [] { g(); } }
=> 1:30 unbound identifier g

module M<T> { circuit f(): [] { g(); } }
=> accepted

module M { export { missing }; }
import M;
=> 1:21 unbound identifier missing

circuit f(): [] {}
import f;
=> 2:1 invalid context for reference to function name f

### exports

circuit f<T>(x: T): T { return x; }
export { f };
=> 2:10 cannot export type-parameterized function (f) from the top level

witness w(): Field;
export { w };
=> 2:10 cannot export witness (w) from the top level

export circuit f(): [] {}
export { f };
=> accepted

module M { export circuit f(): [] {} }
export circuit f(): [] {}
import M prefix m_;
export { m_f };
=> accepted

export circuit f(): [] {}
export circuit f(x: Field): [] {}
=> 2:1 multiple top-level exports for f

export struct P<T> { x: Vector<2, T> }
export type Q<#n> = Uint<n>;
export enum E { a }
=> accepted

export module M { }
=> 1:1 cannot export module (M) from the top level

import CompactStandardLibrary;
export type Cells = Map<Field, Counter>;
=> 2:1 cannot export alias for ADT types from the top level

### types

struct P { x: Field }
circuit f(x: P<Field>): [] {}
=> 2:14 mismatch between actual number 1 and declared number 0 of generic parameters for P

type Pair<T> = [T, T];
circuit f(x: Pair<Field>): Pair<Field> { return x; }
=> accepted

type Pair<T> = [T, T];
circuit f(x: Pair<3>): [] {}
=> 2:19 expected type but received size for generic parameter T declared at line 1 char 11

struct Tree { left: Tree }
circuit f(x: Tree): [] {}
=> 1:21 cycle involving type Tree

type A = B;
type B = C;
type C = A;
circuit f(x: A): [] {}
=> 3:10 cycle involving types C, B, and A

circuit f(x: Uint<0>): [] {}
=> 1:14 Uint width 0 is not between 1 and the maximum Uint width 248 (inclusive)

circuit f(x: Uint<249>): [] {}
=> 1:14 Uint width 249 is not between 1 and the maximum Uint width 248 (inclusive)

circuit f(x: Uint<1..5>): [] {}
=> 1:14 range start for Uint type is 1 but must be 0

circuit f(x: Uint<0..0>): [] {}
=> 1:14 range end for Uint type is 0 but must be at least 1 (the range end is exclusive)

circuit f(x: Vector<16777217, Field>): [] {}
=> 1:14 vector type length; 16777217; exceeds the maximum supported length 16777216

circuit f(x: Vector<n, Field>): [] {}
=> 1:21 unbound identifier n

circuit f<#n>(x: n): [] {}
circuit g(): [] { f<2>(1); }
=> 1:18 invalid context for reference to size name n

circuit f<#n>(x: Bytes<n>): Field { return n; }
export circuit g(): Field { return f<3>("abc"); }
=> accepted

circuit f(): [] { for (const i of 5..2) { i; } }
=> 1:19 end bound 2 is less than start bound 5

contract Bank { circuit pay(x: Field): []; }
=> 1:1 error opening Bank/compiler/contract-info.json; try (re)compiling Bank.compact

contract Bank { circuit pay(x: Coin): []; }
=> 1:32 unbound identifier Coin

### the standard library

import CompactStandardLibrary;
export circuit f(): Maybe<Field> { return some<Field>(1); }
=> accepted

import { Maybe, none as nothing } from CompactStandardLibrary;
export circuit f(): Maybe<Field> { return nothing<Field>(); }
=> accepted

import CompactStandardLibrary prefix std_;
export circuit f(): std_Maybe<Field> { return std_none<Field>(); }
=> accepted

import CompactStandardLibrary;
struct Maybe { x: Field }
=> 2:1 another binding found for Maybe in the same scope at line 1 char 1

import CompactStandardLibrary;
circuit f(p: CurvePoint): [] {}
=> 2:14 apparent use of an old standard-library / ledger operator name CurvePoint: the new name
   is JubjubPoint

import CompactStandardLibrary;
circuit f(x: Field): Bytes<32> { return persistent_hash<Field>(x); }
=> 2:41 apparent use of an old standard-library / ledger operator name persistent_hash: the new
   name is persistentHash

import CompactStandardLibrary;
ledger set: Set<Counter>;
=> 2:17 expected non-ADT type but received ledger ADT type for generic parameter value_type
   declared at <standard library>

import CompactStandardLibrary;
ledger tree: MerkleTree<64, Field>;
=> 2:14 MerkleTree depth 64 does not fall in 2 <= depth <= 32

import CompactStandardLibrary;
export { persistentHash };
=> 2:10 cannot export native (persistentHash) from the top level

ledger set: Set<Field>;
=> 1:13 unbound identifier Set

"""


def resolved(program: str, source_map: SourceMap) -> object:
    return elaborate(parse(program), source_map)


@pytest.mark.parametrize(("program", "expected"), cases(CASES))
def test_answers_as_the_compiler(program: str, expected: str) -> None:
    assert answer(program, resolved) == expected


@pytest.mark.parametrize(
    ("count", "visited"),
    [(1, [0]), (2, [0, 1]), (3, [2, 0, 1]), (4, [2, 3, 0, 1]), (7, [6, 4, 5, 2, 3, 0, 1])],
)
def test_lists_are_walked_in_pairs_from_the_end(count: int, visited: list[int]) -> None:
    seen: list[int] = []
    results = in_order(lambda i: (seen.append(i), i * i)[1], range(count))
    assert seen == visited
    assert results == [i * i for i in range(count)]


def test_messages_of_several_lines_become_one() -> None:
    assert one_line("types:\n    (A,\n    B)\nend") == "types: (A, B); end"


def test_the_library_is_built_once() -> None:
    assert library() is library()


def test_programs_do_not_see_each_other_through_the_library() -> None:
    exporting = "import CompactStandardLibrary; export { kernel, mergeCoin };"
    plain = "import CompactStandardLibrary; export circuit f(): [] { kernel.checkpoint(); }"
    first = elaborate(parse(exporting), SourceMap(exporting))
    second = elaborate(parse(plain), SourceMap(plain))
    assert [f.exported_as for f in first.ledger if f.name == "kernel"] == [["kernel"]]
    assert [f.exported_as for f in second.ledger if f.name == "kernel"] == [[]]
    assert {"mergeCoin"} <= {c.name for c in first.circuits}
    assert [c.name for c in second.circuits] == ["f"]


def test_one_instance_for_each_distinct_generic_arguments() -> None:
    program = """
    type Eight = Uint<8>;
    circuit first<T>(x: Vector<2, T>): T { return x[0]; }
    export circuit f(x: Vector<2, Uint<8>>, y: Vector<2, Field>): Field {
        return first<Uint<8>>(x) + first<Eight>(x) + first<Field>(y);
    }
    """
    core = elaborate(parse(program), SourceMap(program))
    assert [c.name for c in core.circuits] == ["first", "first", "f"]


def test_unreachable_circuits_are_checked_but_not_kept() -> None:
    program = "circuit unused(): [] {} export circuit f(): [] {}"
    core = elaborate(parse(program), SourceMap(program))
    assert [c.name for c in core.circuits] == ["f"]
    assert answer("circuit unused(): [] { x; } export circuit f(): [] {}", resolved) != ACCEPTED


def test_an_endless_expansion_is_refused() -> None:
    grows = "circuit f<T>(): [] { f<[T, T]>(); } export circuit g(): [] { f<Field>(); }"
    assert answer(grows, resolved) == (
        "1:22 the program unfolds into more code than this front end can check"
    )
