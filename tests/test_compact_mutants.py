"""Mutants of a Compact contract, one kind after the other, and the contracts that do nothing."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
from collections import Counter
from pathlib import Path

import pytest

from forgegym.envs.tasks import compact_spec
from forgegym.verifiers.compact.compiler import find_compactc
from forgegym.verifiers.compact.frontend import ast
from forgegym.verifiers.compact.frontend.check import check
from forgegym.verifiers.compact.frontend.lexer import MAX_FIELD
from forgegym.verifiers.compact.frontend.parser import MAX_NESTING, parse
from forgegym.verifiers.compact.frontend.source import CompactError
from forgegym.verifiers.compact.mutants import KINDS, mutants, trivial

HEADER = "pragma language_version 0.23;\nimport CompactStandardLibrary;\n"

CONTRACT = (
    HEADER
    + """
export enum State { open, closed }
export struct Terms { low: Uint<64>; high: Uint<64>; name: Bytes<32>; }
export sealed ledger owner: Bytes<32>;
export ledger guest: Bytes<32>;
export ledger state: State;
export ledger terms: Terms;
export ledger visits: Counter;
ledger seen: Map<Bytes<32>, Bytes<32>>;

witness secret(): Bytes<32>;

constructor(low: Uint<64>, high: Uint<64>) {
  owner = disclose(key(secret()));
  terms = ready(disclose(low), disclose(high));
}

// Known to all.
export pure circuit key(sk: Bytes<32>): Bytes<32> {
  return persistentHash<Vector<2, Bytes<32>>>([pad(32, "key"), sk]);
}

circuit ready(low: Uint<64>, high: Uint<64>): Terms {
  return Terms { low: low, high: high, name: owner };
}

export circuit enter(by: Bytes<32>, at: Uint<64>): Boolean { // whether it counted
  assert(state == State.open, "closed");
  if (disclose(at) < terms.low || disclose(at) >= terms.high) return false;
  guest = disclose(by);
  seen.insert(guest, owner);
  visits.increment(disclose(at) > 9 ? 2 : 1);
  return true;
}

export circuit close(): [] {
  assert(key(secret()) == owner, "not the owner");
  state = State.closed;
}
"""
)


def described(kind: str, source: str) -> list[str]:
    return [mutant.description for mutant in mutants(source) if mutant.kind == kind]


def lines(kind: str, body: str, before: str = "", parameters: str = "") -> list[str]:
    """What the mutants of `kind` make of `body`, the one line of a circuit."""
    start = f"{before}\ncircuit f({parameters}): [] {{\n"
    found = [m for m in mutants(f"{start}{body}\n}}\n") if m.kind == kind]
    for mutant in found:
        assert mutant.source.startswith(start)
        assert mutant.source.endswith("\n}\n")
    return [mutant.source[len(start) : -3] for mutant in found]


# ---------------------------------------------------------------- what holds of all mutants


def test_the_contract_of_these_tests_is_right() -> None:
    assert check(CONTRACT).error is None


def test_mutants_are_in_the_order_of_the_text_and_always_the_same() -> None:
    found = mutants(CONTRACT)
    line_numbers = [int(m.description.split(":")[0].removeprefix("line ")) for m in found]
    assert line_numbers == sorted(line_numbers)
    assert found == mutants(CONTRACT)


def test_each_mutant_parses_and_is_another_than_the_rest_and_the_contract() -> None:
    found = mutants(CONTRACT)
    for mutant in found:
        parse(mutant.source)
    assert len({CONTRACT, *(m.source for m in found)}) == len(found) + 1


def test_no_two_mutants_have_the_same_description() -> None:
    found = mutants("ledger n: Field;\ncircuit f(): [] { n = n + 1; n = 1 + n; }\n")
    assert len({m.description for m in found}) == len(found)
    assert "line 2: 1 became 2 (2)" in [m.description for m in found]


def test_every_kind_has_mutants_of_a_contract_with_everything() -> None:
    assert {m.kind for m in mutants(CONTRACT)} == set(KINDS)


def test_a_mutant_changes_nothing_but_its_place() -> None:
    what = "dropped guest = disclose(by)"
    (source,) = (m.source for m in mutants(CONTRACT) if m.description.endswith(what))
    assert source == CONTRACT.replace("  guest = disclose(by);\n", "  \n")


def test_what_is_declared_is_not_mutated() -> None:
    declared = "ledger n: Vector<3, Uint<8>>; struct S<#n> { a: Bytes<n>; b: Bytes<n>; }"
    assert mutants(f"{declared} circuit f(a: Uint<0..5>): S<4> {{ return g(); }}") == []


def test_a_text_that_does_not_parse_has_no_mutants() -> None:
    with pytest.raises(CompactError):
        mutants("circuit")


def test_a_mutant_that_would_pass_a_limit_is_left_out() -> None:
    assert lines("off by one", f"f({MAX_FIELD});") == [f"f({MAX_FIELD - 1});"]
    deep = "!" * (MAX_NESTING - 2)
    assert len(lines("negated condition", f"if ({deep[2:]}a) {{ }}")) == 1
    assert len(lines("negated condition", f"if ({deep}a) {{ }}")) == 0


def test_line_ends_of_any_kind_are_read_as_one() -> None:
    windows = CONTRACT.replace("\n", "\r\n")
    assert mutants(windows) == mutants(CONTRACT)


# ---------------------------------------------------------------- one kind after the other


def test_negated_condition() -> None:
    assert lines("negated condition", "if (a, b) { } else if (c // why\n) { }") == [
        "if (!(a, b)) { } else if (c // why\n) { }",
        "if (a, b) { } else if (!(c) // why\n) { }",
    ]
    assert lines("negated condition", 'assert(f(a, b) == c, "no, never");') == [
        'assert(!(f(a, b) == c), "no, never");'
    ]
    assert lines("negated condition", "g(1 + (a < b ? f<X, 2>(c) as Y : d));") == [
        "g(1 + (!(a < b) ? f<X, 2>(c) as Y : d));"
    ]
    assert lines("negated condition", "g(a[b ? 0 : 1] ? c : d);") == [
        "g(!(a[b ? 0 : 1]) ? c : d);",
        "g(a[!(b) ? 0 : 1] ? c : d);",
    ]


def test_dropped_assert() -> None:
    assert lines("dropped assert", 'f(); assert(a == b, "no"); g();') == ["f();  g();"]


def test_a_statement_that_is_the_branch_of_another_leaves_a_block() -> None:
    assert lines("dropped assert", 'if (a) assert(b, "no"); else f();') == ["if (a) { } else f();"]
    assert lines("dropped statement", "if (a) f(); else g();") == [
        "if (a) { } else g();",
        "if (a) f(); else { }",
    ]
    assert lines("dropped statement", "for (const i of a) f(i);") == ["for (const i of a) { }"]


def test_off_by_one() -> None:
    assert lines("off by one", "f(0, 7);") == ["f(1, 7);", "f(0, 8);", "f(0, 6);"]
    assert lines("off by one", "f(0x0f);") == ["f(16);", "f(14);"]
    assert lines("off by one", "f(a < b, c >= d);") == ["f(a <= b, c >= d);", "f(a < b, c > d);"]
    assert lines("off by one", "f<>(a as T < b);") == ["f<>(a as T <= b);"]


def test_off_by_one_is_also_a_loop_s_range_and_a_deadline_s_boundary() -> None:
    assert lines("off by one", "for (const i of 0..n) { }") == ["for (const i of 1..n) { }"]
    assert lines("off by one", "f(blockTimeLt(a), blockTimeGte(b));") == [
        "f(blockTimeLte(a), blockTimeGte(b));",
        "f(blockTimeLt(a), blockTimeGt(b));",
    ]


@pytest.mark.parametrize(
    "body",
    [
        "f<3>(a as Uint<0..5>);",
        "f(default<Vector<2, Bytes<4>>>);",
        'f(pad(32, "7"));',
        "const a: Map<Field, [Uint<8>, Uint<16>]> = b;",
        "f(slice<4>(a, b), S<2> { b });",
    ],
)
def test_off_by_one_leaves_types_and_sizes_alone(body: str) -> None:
    assert lines("off by one", body) == []


def test_wrong_operator() -> None:
    assert lines("wrong operator", "f(a == b && c + d != e);") == [
        "f(a != b && c + d != e);",
        "f(a == b || c + d != e);",
        "f(a == b && c - d != e);",
        "f(a == b && c + d == e);",
    ]
    assert lines("wrong operator", "n += 1;") == ["n -= 1;"]


def test_dropped_disclosure() -> None:
    assert lines("dropped disclosure", "n = disclose(a + disclose(b)).c;") == [
        "n = (a + disclose(b)).c;",
        "n = disclose(a + (b)).c;",
    ]


def test_dropped_statement() -> None:
    body = "n = 1; m.increment(1); { g(a), h(b); } const c = 4; return;"
    assert lines("dropped statement", body) == [
        " m.increment(1); { g(a), h(b); } const c = 4; return;",
        "n = 1;  { g(a), h(b); } const c = 4; return;",
        "n = 1; m.increment(1); {  } const c = 4; return;",
    ]


FIELDS = "ledger a: Field; ledger n: Counter; ledger b: Field; ledger c: Field; "


def test_swapped_field_of_the_ledger_is_the_next_of_its_type() -> None:
    assert lines("swapped field", "a = c; n.increment(b);", FIELDS) == [
        "b = c; n.increment(b);",
        "a = a; n.increment(b);",
        "a = c; n.increment(c);",
    ]


def test_a_name_that_is_bound_in_the_circuit_is_no_field() -> None:
    assert lines("swapped field", "const b = 1; a = b;", FIELDS) == ["const b = 1; c = b;"]
    assert lines("swapped field", "c = a;", FIELDS, "{ x: a }: S, b: Field") == []


def test_a_field_that_is_written_is_exchanged_for_one_that_may_be() -> None:
    before = "sealed ledger a: Field; ledger b: Field;"
    assert lines("swapped field", "b = 1;", before) == []
    assert lines("swapped field", "f(a, b);", before) == ["f(b, b);", "f(a, a);"]
    before = "sealed ledger a: Set<Field>; ledger b: Set<Field>;"
    assert lines("swapped field", "b.insert(1); f(b.member(1));", before) == [
        "b.insert(1); f(a.member(1));"
    ]


def test_fields_of_a_module_are_exchanged_inside_it_only() -> None:
    source = """module M { ledger a: Field; circuit f(): [] { a = b; } }
        ledger b: Field; ledger c: Field; circuit g(): [] { c = 1; }"""
    assert described("swapped field", source) == [
        "line 1: a became b",
        "line 1: b became c",
        "line 2: c became b",
    ]


def test_swapped_field_of_a_structure_and_of_an_enum() -> None:
    before = "struct S { x: Field; y: Bytes<2>; z: Field; } enum E { on, off, broken }"
    assert lines("swapped field", "f(s.x, s.y, s.z.w);", before) == [
        "f(s.z, s.y, s.z.w);",
        "f(s.x, s.y, s.x.w);",
    ]
    assert lines("swapped field", "f(E.broken);", before) == ["f(E.on);"]


def test_swapped_arguments_of_the_contract_s_own_circuits_and_witnesses() -> None:
    before = "circuit g<T>(x: T, y: Field, z: T): [] { } witness w(p: Bytes< 2 >, q: Bytes<2>): [];"
    assert lines("swapped field", "g<Field>(1, h(2, 3), (4, 5));", before) == [
        "g<Field>((4, 5), h(2, 3), 1);"
    ]
    assert lines("swapped field", "g<>(1, 2, 3, 4);", before) == []
    assert lines("swapped field", "w(a < b, c); w(d, d);", before) == ["w(c, a < b); w(d, d);"]


def test_swapped_key_and_value_of_a_map() -> None:
    before = "ledger m: Map<Bytes<32>, Bytes< 32 >>; ledger o: Map<Field, Uint<8>>;"
    assert lines("swapped field", "m.insert(a, f<X, Y>(b)); o.insert(a, b);", before) == [
        "m.insert(f<X, Y>(b), a); o.insert(a, b);"
    ]


# ---------------------------------------------------------------- contracts that do nothing


def test_empty_and_header_declare_nothing() -> None:
    found = trivial(CONTRACT)
    assert found["empty"] == ""
    assert found["header"] == HEADER


DECLARING = ("stub", "constant", "stub after constructor", "always failing")


@pytest.mark.parametrize("name", DECLARING)
def test_a_trivial_contract_shows_the_same_interface(name: str) -> None:
    source = trivial(CONTRACT)[name]
    assert compact_spec.interface(source) == compact_spec.interface(CONTRACT)


def test_a_stub_returns_defaults_and_sets_nothing_up() -> None:
    source = trivial(CONTRACT)["stub"]
    assert "constructor(low: Uint<64>, high: Uint<64>) { }\n" in source
    assert "at: Uint<64>): Boolean { return default<Boolean>; }\n" in source
    assert "circuit close(): [] { }\n" in source
    assert "=" not in source


def test_a_constant_is_not_the_default_where_that_is_easy() -> None:
    results = {
        "Boolean": "true",
        "Field": "1",
        "Uint<8>": "1",
        "Uint<0..2>": "1",
        "Uint<0..1>": "default<Uint<0..1>>",
        "Bytes<3>": 'pad(3, "1")',
        "Bytes<0>": "default<Bytes<0>>",
        "E": "E.b",
        "[Field, Maybe<E>]": "default<[Field,Maybe<E>]>",
    }
    circuits = [f"export circuit f{i}(): {r} {{ return x(); }}" for i, r in enumerate(results)]
    before = HEADER + "export enum E { a, b }\n"
    source = trivial(before + "\n".join(circuits))["constant"]
    returned = [line.partition("{ return ")[2].removesuffix("; }") for line in source.splitlines()]
    assert returned[3:] == list(results.values())
    assert check(source).error is None


def test_always_failing_refuses_every_call() -> None:
    program = parse(trivial(CONTRACT)["always failing"])
    circuits = [d for d in program.declarations if isinstance(d, ast.Circuit) and d.exported]
    assert len(circuits) == 3
    for circuit in circuits:
        first = circuit.body.statements[0]
        assert isinstance(first, ast.ExpressionStatement)
        assert isinstance(first.expression, ast.Assert)
        assert first.expression.test == ast.Boolean(first.expression.test.pos, False)


@pytest.mark.parametrize("name", DECLARING[1:])
def test_a_constructor_that_stays_has_what_it_calls(name: str) -> None:
    source = trivial(CONTRACT)[name]
    assert "  terms = ready(disclose(low), disclose(high));\n" in source
    assert "  return Terms { low: low, high: high, name: owner };\n" in source
    assert "  owner = disclose(key_(secret()));\n" in source
    assert "\npure circuit key_(sk: Bytes<32>): Bytes<32> {\n  return persistentHash<" in source
    assert "export pure circuit key(sk: Bytes<32>): Bytes<32> { " in source


def test_a_constructor_has_what_it_calls_of_modules() -> None:
    source = """
        module M {
          circuit g(): Field { return 3; }
          export circuit f(): Field { return g() + 1; }
        }
        import { f as three } from M prefix M_;
        export ledger n: Field;
        constructor() { n = M_three(); }
        export circuit h(): Field { return M_three(); }
        """
    found = trivial(source)["constant"]
    assert found == source.replace("{ return M_three(); }", "{ return 1; }")
    assert check(found).error is None


def test_a_circuit_of_a_module_does_nothing_either() -> None:
    source = """module M { export ledger n: Field; export circuit f(): Field { n = 4; return n; } }
        import M; export { f, n }"""
    found = trivial(source)["stub"]
    assert found == source.replace("{ n = 4; return n; }", "{ return default<Field>; }")
    assert check(found).error is None


# ---------------------------------------------------------------- against contracts in the wild


def contracts(folder: Path) -> list[str]:
    """The accepted contracts among the facts."""
    with gzip.open(folder / "compact" / "verdicts.dev.jsonl.gz", "rt") as file:
        rows = [json.loads(line) for line in file]
    return [row["source"] for row in rows if row["accepted"] and row["origin"] == "contract"]


@pytest.mark.shared_data
def test_mutants_of_contracts_in_the_wild_parse_and_most_are_accepted(shared_data: Path) -> None:
    made: Counter[str] = Counter()
    accepted: Counter[str] = Counter()
    # A third of them: all take a minute on a busy machine.
    for source in contracts(shared_data)[::3]:
        for mutant in mutants(source):
            made[mutant.kind] += 1
            result = check(mutant.source)
            assert result.program is not None
            accepted[mutant.kind] += result.accepted
    assert set(made) == set(KINDS)
    for kind in set(KINDS) - {"dropped disclosure"}:
        # Measured: 0.95 of "off by one" (the others leave a vector), 1.00 of the rest.
        assert accepted[kind] > 0.9 * made[kind]
    # Measured: 0.09.
    assert accepted["dropped disclosure"] < 0.2 * made["dropped disclosure"]


@pytest.mark.shared_data
def test_trivial_contracts_in_the_wild_are_accepted(shared_data: Path) -> None:
    for source in contracts(shared_data):
        for name, found in trivial(source).items():
            assert check(found).error is None, (name, found)


@pytest.mark.compactc
@pytest.mark.parametrize("name", ["header", *DECLARING])
def test_the_compiler_accepts_trivial_contracts(name: str, tmp_path: Path) -> None:
    compiler = find_compactc()
    assert compiler is not None
    path = tmp_path / "contract.compact"
    path.write_text(trivial(CONTRACT)[name])
    command = [*compiler.command, "--skip-zk", str(path), str(tmp_path / "out")]
    environment = {**os.environ, **compiler.environment}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 0, done.stderr
