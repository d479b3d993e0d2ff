"""The rules beyond types: recursion, sealed fields, purity, constant indices, the back ends."""

import gzip
import json
from pathlib import Path

import pytest

from forgegym.verifiers.compact.frontend.check import check
from forgegym.verifiers.compact.frontend.source import SourceMap

LIBRARY = "import CompactStandardLibrary;\n"


def refusal(source: str) -> tuple[int | None, int | None, str] | None:
    error = check(source).error
    if error is None:
        return None
    if error.pos is None or error.pos < 0:
        return None, None, error.message
    return (*SourceMap(source).locate(error.pos), error.message)


# ---------------------------------------------------------------- recursion


def test_a_circuit_may_not_call_itself() -> None:
    source = "circuit f(): Field { return f(); }\nexport circuit g(): Field { return f(); }"
    assert refusal(source) == (1, 1, "recursion involving f")


def test_a_cycle_is_reported_at_its_first_circuit_in_the_text() -> None:
    source = (
        "export circuit c(): Field { return a(); }\n"
        "circuit a(): Field { return b(); }\n"
        "circuit b(): Field { return c(); }"
    )
    assert refusal(source) == (
        1,
        1,
        "recursion involving c, a at line 2 char 1, and b at line 3 char 1",
    )


def test_recursion_that_nothing_reaches_is_discarded() -> None:
    assert refusal("circuit f(): Field { return f(); }") is None


def test_a_circuit_that_two_others_call_is_no_recursion() -> None:
    source = (
        "circuit f(): Field { return 1; }\ncircuit g(): Field { return f() + f(); }\n"
        "export circuit h(): Field { return f() + g(); }"
    )
    assert refusal(source) is None


# ---------------------------------------------------------------- sealed fields


SEALED = "sealed ledger s: Field;\ncircuit init(): Field {\n  s = 1;\n  return 1;\n}\n"


def test_an_exported_circuit_may_not_modify_a_sealed_field() -> None:
    assert refusal("sealed ledger s: Field;\nexport circuit f(): [] {\n  s = 1;\n}") == (
        2,
        1,
        "exported circuits cannot modify sealed ledger fields but f calls (directly or indirectly)"
        " f, which modifies sealed field s at line 3 char 3",
    )


def test_nor_may_a_circuit_that_it_calls() -> None:
    assert refusal(SEALED + "export circuit f(): [] {\n  init();\n}") == (
        6,
        1,
        "exported circuits cannot modify sealed ledger fields but f calls (directly or indirectly)"
        " init, which modifies sealed field s at line 3 char 3",
    )


def test_the_constructor_may() -> None:
    assert refusal(SEALED + "constructor() { init(); }\nexport circuit f(): [] {}") is None


def test_a_sealed_field_may_be_read() -> None:
    assert refusal(SEALED + "export circuit f(): Field { return s; }") is None


def test_the_compiler_does_not_look_into_tuples() -> None:
    source = SEALED + "export circuit f(): [Field, Field] { return [init(), 2]; }"
    assert refusal(source) is None


# ---------------------------------------------------------------- purity


def test_a_pure_circuit_may_not_touch_the_ledger() -> None:
    assert refusal("ledger s: Field;\nexport pure circuit f(): Field {\n  return s;\n}") == (
        2,
        1,
        "circuit f is marked pure but is actually impure because it accesses ledger field s at"
        " line 3 char 10",
    )


def test_nor_call_an_impure_circuit() -> None:
    source = (
        "witness w(): Field;\ncircuit g(): Field {\n  return w();\n}\n"
        "pure circuit f(): Field {\n  return g();\n}\n"
        "export circuit h(): Field {\n  return disclose(f());\n}"
    )
    assert refusal(source) == (
        5,
        1,
        "circuit f is marked pure but is actually impure because it calls (directly or indirectly)"
        " impure circuit g; g is impure because it calls witness w at line 3 char 10",
    )


def test_nor_a_native_witness() -> None:
    source = LIBRARY + "export pure circuit f(): Bytes<32> {\n  return ownPublicKey().bytes;\n}"
    assert refusal(source) == (
        2,
        1,
        "circuit f is marked pure but is actually impure because it calls native witness"
        " ownPublicKey at line 3 char 10",
    )


@pytest.mark.parametrize(
    "source",
    [
        LIBRARY + "export pure circuit f(x: Field): Bytes<32> { return persistentHash<Field>(x); }",
        "ledger s: Field;\npure circuit f(): Field { return s; }",
    ],
    ids=["native circuits are pure", "what nothing reaches is discarded"],
)
def test_pure_enough(source: str) -> None:
    assert refusal(source) is None


# ---------------------------------------------------------------- indices


def element(prelude: str, index: str) -> str:
    """A circuit that takes element `index` of a vector of three."""
    return (
        f"{prelude}export circuit f(v: Vector<3, Field>, i: Uint<8>, b: Boolean): Field {{\n"
        f"  return v[{index}];\n}}"
    )


STRUCT = "struct P { a: Uint<8>; b: [Uint<8>, Boolean]; }\n"


@pytest.mark.parametrize(
    ("prelude", "index"),
    [
        ("", "i - i"),
        ("", "i * 0"),
        ("", "b ? (b ? 1 : 7) : 1"),
        ("", "i < i ? i : 2"),
        ("", "(2 as Field) as Uint<8>"),
        ("", "[0, 1, 2, 3][2]"),
        ("", "fold((a: Uint<8>, e: Uint<8>): Uint<8> => e, i, [7, 0])"),
        ("", "(Bytes[1, 2] as Vector<2, Uint<8>>)[1]"),
        ("", "((x: Uint<8>): Uint<8> => x)(1)"),
        ("enum E { a, b, c }\n", "E.c as Uint<8>"),
        (STRUCT, "default<P>.b[0]"),
        ("circuit low(x: Uint<8>): Uint<8> { if (x == 0) return x; return 0; }\n", "low(0)"),
    ],
)
def test_indices_that_fold_to_a_constant(prelude: str, index: str) -> None:
    assert refusal(element(prelude, index)) is None


@pytest.mark.parametrize("index", ["i", "(i + 1) as Uint<8>", "b ? 0 : 1", "b ? i : i"])
def test_indices_that_do_not(index: str) -> None:
    message = "vector index did not reduce to a constant nonnegative value at compile time"
    assert refusal(element("", index)) == (2, 10, message)


def test_a_branch_that_is_never_taken_is_checked_too() -> None:
    source = (
        "export circuit f(v: Vector<3, Field>, i: Uint<8>): Field {\n  return false ? v[i] : 0;\n}"
    )
    message = "vector index did not reduce to a constant nonnegative value at compile time"
    assert refusal(source) == (2, 18, message)


def test_an_index_is_followed_into_every_call() -> None:
    source = (
        "circuit at(v: Vector<3, Field>, i: Uint<8>): Field {\n  return v[i];\n}\n"
        "export circuit f(v: Vector<3, Field>): Field {\n  return at(v, 1) + at(v, 3);\n}"
    )
    assert refusal(source) == (2, 10, "invalid vector index 3 for vector of length 3")


@pytest.mark.parametrize(
    ("index", "value"),
    [
        ("pad(8, 'a')[0]", 97),
        ("pad(8, 'a')[7]", 0),
        ("slice<2>(pad(8, 'a'), 3)[1]", 0),
        ("(pad(8, 'a') as Vector<8, Uint<8>>)[5]", 0),
        ("map((b) => b, pad(3, 'a'))[2]", 0),
        ("Bytes[0, 100, 0][1]", 100),
        ("Bytes[0, 100, 0][2]", 0),
        ("(97 as Field as Bytes<40>)[0]", 97),
        ("(97 as Field as Bytes<40>)[39]", 0),
        ("default<Bytes<4>>[3]", 0),
    ],
)
def test_constant_bytes_are_known_to_their_end(index: str, value: int) -> None:
    source = f"export circuit f(v: Vector<3, Field>): [] {{\n  const i = {index};\n  v[i];\n}}"
    message = f"invalid vector index {value} for vector of length 3"
    assert refusal(source) == ((3, 3, message) if value else None)


@pytest.mark.parametrize(("count", "fits"), [(3, True), (4, False)])
def test_loops_are_unrolled(count: int, fits: bool) -> None:
    source = (
        "export circuit f(v: Vector<3, Field>): [] {\n"
        f"  for (const i of 0..{count}) {{\n    v[i];\n  }}\n}}"
    )
    expected = (3, 5, "invalid vector index 3 for vector of length 3")
    assert refusal(source) == (None if fits else expected)


@pytest.mark.parametrize(
    ("type_", "expression", "message"),
    [
        ("Bytes<4>", "v[i]", "invalid Bytes index 4 for a Bytes value of length 4"),
        (
            "Vector<5, Field>",
            "slice<2>(v, i)",
            "invalid slice index 4 and length 2 for vector of length 5",
        ),
        (
            "Bytes<5>",
            "slice<2>(v, i)",
            "invalid slice index 4 and length 2 for a Bytes value of length 5",
        ),
    ],
)
def test_bounds(type_: str, expression: str, message: str) -> None:
    source = f"export circuit f(v: {type_}): [] {{\n  const i = 4;\n  {expression};\n}}"
    assert refusal(source) == (3, 3, message)


@pytest.mark.parametrize("statement", ["c += 1;", "v[i - i];"])
def test_what_unrolls_without_end_is_refused(statement: str) -> None:
    source = (
        f"{LIBRARY}ledger c: Counter;\nexport circuit f(v: Vector<3, Field>): [] {{\n"
        f"  for (const i of 0..10000000) {{\n    {statement}\n  }}\n}}"
    )
    message = "the program unfolds into more code than this front end can check"
    assert refusal(source) == (3, 1, message)


@pytest.mark.parametrize(
    ("branches", "merges"),
    [
        ("pair();", False),
        ("pair(); } else { pair();", True),
        ("pair(); } else { [1, 2, 3];", False),
        ("const p = pair();", True),
        ("P { 1, [2, b] }; } else { P { 2, [3, b] };", True),
        ("P { 1, [2, b] }; } else { Q { 2 };", False),
    ],
)
def test_statements_whose_values_the_compiler_fails_to_merge(branches: str, merges: bool) -> None:
    source = (
        f"{STRUCT}struct Q {{ x: Field; }}\ncircuit pair(): [Field, Field] {{ return [1, 2]; }}\n"
        f"export circuit f(b: Boolean): [] {{ if (b) {{ {branches} }} }}"
    )
    found = refusal(source)
    if merges:
        assert found is None
    else:
        assert found is not None
        assert found[2].startswith("Internal error (please report): the branches")


# ---------------------------------------------------------------- the back ends


def test_exported_names_may_not_differ_in_case_alone() -> None:
    source = (
        "ledger n: Field;\nexport circuit setN(): [] {\n  n = 1;\n}\n"
        "export circuit setn(): [] {\n  n = 2;\n}"
    )
    assert refusal(source) == (
        5,
        1,
        "the exported impure circuit name setn is identical to the exported circuit name"
        ' "setN" at line 2 char 1 modulo case; please rename to avoid zkir and prover-key'
        " filename clashes on case-insensitive filesystems",
    )


def test_unless_one_of_them_leaves_nothing_to_prove() -> None:
    source = (
        "ledger n: Field;\nexport circuit setN(): [] { n = 1; }\n"
        "export circuit setn(): [] { if (false) n = 2; }"
    )
    assert refusal(source) is None


@pytest.mark.parametrize("tag", ["string", "Uint8Array", "JubjubPoint"])
def test_opaque_types_that_typescript_knows(tag: str) -> None:
    assert refusal(f'export circuit f(x: Opaque<"{tag}">): [] {{}}') is None


def test_opaque_types_that_it_does_not() -> None:
    source = 'export circuit f(x: Opaque<"number">): [] {}'
    assert refusal(source) == (1, 21, "opaque type number is not supported")


def test_opaque_types_in_circuits_that_nothing_reaches() -> None:
    assert refusal('circuit f(x: Opaque<"number">): [] {}') is None


# ---------------------------------------------------------------- the compiler's verdicts

GROUPS = (
    "potential witness-value disclosure",
    "<standard library>: potential witness-value disclosure",
    "exported circuits cannot modify sealed",
    "recursion involving",
    "vector index did not reduce",
    "Bytes index did not reduce",
    "slice index did not reduce",
    "invalid vector index",
    "invalid Bytes index",
    "invalid slice index",
    "the exported impure circuit name",
    "opaque type",
    "cannot nest",
)


@pytest.mark.shared_data
def test_the_compilers_findings_are_found(shared_data: Path) -> None:
    """Every fact of these groups: the same place, and the same message as far as it is stored."""
    differing = []
    found = 0
    with gzip.open(shared_data / "compact" / "verdicts.dev.jsonl.gz", "rt") as lines:
        for row in map(json.loads, lines):
            message = row.get("message") or ""
            if not (message.startswith(GROUPS) or "is marked pure but" in message):
                continue
            found += 1
            first = message.split("\nException", 1)[0].removeprefix("<standard library>: ")
            actual = refusal(row["source"])
            if (
                actual is None
                or actual[:2] != (row["line"], row["char"])
                or not actual[2].startswith(first)
                # A message is stored up to about 2,000 characters.
                or (len(message) < 1_900 and actual[2] != first)
            ):
                differing.append((row["id"], actual))
    assert found >= 100  # the sample holds 128
    assert differing == []
