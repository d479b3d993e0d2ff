"""The disclosure rule: what leaks, where it is reported, and by which paths."""

import pytest

from forgegym.verifiers.compact.frontend.check import check
from forgegym.verifiers.compact.frontend.source import SourceMap

LIBRARY = "import CompactStandardLibrary;\n"
UNDECLARED = "potential witness-value disclosure must be declared but is not: witness value "


def leak(source: str) -> tuple[int, int, str] | None:
    """Line, column and what comes after the message's fixed beginning; None if accepted."""
    error = check(source).error
    if error is None:
        return None
    assert error.pos is not None
    assert error.message.startswith(UNDECLARED), error.message
    rest = error.message[len(UNDECLARED) :].removeprefix("potentially disclosed: ")
    return (*SourceMap(source).locate(error.pos), rest)


def test_an_argument_that_is_stored() -> None:
    source = "ledger total: Field;\nexport circuit set(x: Field): [] {\n  total = x;\n}"
    assert leak(source) == (
        3,
        9,
        "the value of parameter x of exported circuit set at line 2 char 20; nature of the"
        " disclosure: ledger operation might disclose the witness value; via this path through"
        " the program: the right-hand side of = at line 3 char 9",
    )


@pytest.mark.parametrize(
    "source",
    [
        "ledger n: Field;\nexport circuit set(x: Field): [] { n = disclose(x); }",
        "ledger n: Field;\nexport circuit set(x: Field): [] { n = disclose(x + 1) * 2; }",
        "ledger n: Field;\ncircuit set(x: Field): [] { n = x; }",
        "ledger n: Field;\nexport circuit set(x: Field): [] { n = true ? 1 : x; }",
        "ledger n: Field;\nexport circuit set(x: Field): [] { const v = [1, x]; n = v[0]; }",
        "export circuit same(x: Field): Field { return x; }",
        'export circuit f(x: Boolean): [] { assert(x, "no"); }',
        LIBRARY + "ledger n: Bytes<32>;\nexport circuit set(x: Field, r: Bytes<32>): [] {"
        " n = persistentCommit<Field>(x, r); }",
        LIBRARY + "ledger m: Map<Field, Map<Field, Field>>;\nexport circuit set(x: Field): [] {"
        " m.lookup(x).insert(1, 2); }",
    ],
    ids=[
        "declared",
        "declared part",
        "not reachable from outside",
        "branch that is never taken",
        "other element of a tuple",
        "argument returned to who gave it",
        "assertion",
        "commitment",
        "key on the way to a nested map",
    ],
)
def test_what_is_no_leak(source: str) -> None:
    assert leak(source) is None


def test_a_witness_value_may_not_be_returned_undeclared() -> None:
    found = leak("witness secret(): Field;\nexport circuit get(): Field {\n  return secret();\n}")
    assert found == (
        3,
        3,
        "the return value of witness secret at line 1 char 1; nature of the disclosure: the value"
        " returned from exported circuit get might disclose the witness value",
    )


def test_a_branch_tells_what_it_depends_on() -> None:
    source = (
        "ledger n: Field;\nexport circuit set(x: Boolean): [] {\n  if (x) {\n    n = 1;\n  }\n}"
    )
    assert leak(source) == (
        4,
        7,
        "the value of parameter x of exported circuit set at line 2 char 20; nature of the"
        " disclosure: performing this ledger operation might disclose the boolean value of the"
        " witness value; via this path through the program: the conditional branch at line 3"
        " char 3",
    )


def test_a_path_goes_through_calls_and_constants() -> None:
    source = (
        "ledger n: Field;\nwitness w(): Field;\n"
        "circuit add(a: Field, b: Field): Field {\n  const c = a + b;\n  return c;\n}\n"
        "export circuit set(): [] {\n  const s = add(1, w());\n  n = s;\n}"
    )
    assert leak(source) == (
        9,
        5,
        "the return value of witness w at line 2 char 1; nature of the disclosure: ledger"
        " operation might disclose the result of an addition involving the witness value; via"
        " this path through the program: the second argument to add at line 8 char 13; the"
        " computation at line 4 char 13; the binding of c at line 4 char 9; the binding of s at"
        " line 8 char 9; the right-hand side of = at line 9 char 5",
    )


def test_nested_operations_that_begin_at_one_token_are_told_apart() -> None:
    found = leak("ledger n: Field;\nexport circuit set(x: Field): [] {\n  n = x + x + 1;\n}")
    assert found is not None
    assert (
        "the result of an addition involving the result of an addition involving the witness value;"
        " via this path through the program: the computation at line 3 char 7; the computation at"
        " line 3 char 7; the right-hand side of = at line 3 char 5"
    ) in found[2]


def test_the_shortest_path_comes_first() -> None:
    found = leak(
        "ledger n: Boolean;\nexport circuit set(x: Field): [] {\n  n = x == 1 || x == 2;\n}"
    )
    assert found is not None
    direct, conditional = found[2].split("nature of the disclosure: ")[1:]
    assert "the comparison at line 3 char 17; the right-hand side" in direct
    assert "the comparison at line 3 char 7; the conditional expression at line 3" in conditional


def test_fields_of_structures_are_followed_one_by_one() -> None:
    source = (
        "struct P { a: Field; b: Field; }\nledger n: Field;\n"
        "export circuit set(x: Field): [] {\n  const p = P { disclose(x), x };\n"
        "  n = p.a;\n  n = p.b;\n}"
    )
    found = leak(source)
    assert found is not None
    assert found[:2] == (6, 5)


def test_elements_of_vectors_are_followed_together() -> None:
    source = (
        "ledger n: Field;\nexport circuit set(x: Field): [] {\n"
        "  const v: Vector<3, Field> = [1, x, 3];\n  for (const e of v) {\n    n = e;\n  }\n}"
    )
    found = leak(source)
    assert found is not None
    assert found[:2] == (5, 7)


def test_the_constructor_is_an_entry_point() -> None:
    found = leak("ledger n: Field;\nconstructor(x: Field) {\n  n = x;\n}")
    assert found is not None
    assert found[2].startswith("the value of parameter x of the constructor at line 2 char 13;")


def test_the_first_leak_in_the_text_is_reported() -> None:
    source = (
        "ledger n: Field;\nexport circuit b(y: Field): [] {\n  n = 1;\n  n = y;\n}\n"
        "export circuit a(x: Field): [] {\n  n = x;\n}"
    )
    found = leak(source)
    assert found is not None
    assert found[:2] == (4, 5)


def test_a_hash_is_a_disclosure() -> None:
    source = LIBRARY + (
        "ledger n: Bytes<32>;\nexport circuit set(x: Field): [] {\n"
        "  n = persistentHash<Field>(x);\n}"
    )
    found = leak(source)
    assert found is not None
    assert "ledger operation might disclose a hash of the witness value" in found[2]


def test_a_leak_inside_the_standard_library_is_the_callers() -> None:
    source = LIBRARY + "export circuit take(c: ShieldedCoinInfo): [] {\n  receiveShielded(c);\n}"
    assert leak(source) == (
        3,
        3,
        "the value of parameter c of exported circuit take at line 2 char 21; nature of the"
        " disclosure: the call to standard-library circuit receiveShielded might disclose a link"
        " between a coin receive and the coin with the commitment given by a hash of the witness"
        " value; via this path through the program: the argument to receiveShielded at line 3"
        " char 3",
    )


def test_an_exported_library_circuit_leaks_in_the_library() -> None:
    error = check(LIBRARY + "export { blockTimeGt }").error
    assert error is not None
    assert error.pos == -1
    assert error.message.endswith(
        "the value of parameter time of exported circuit blockTimeGt at <standard library>; nature"
        " of the disclosure: ledger operation might disclose the upper bound of the time being"
        " checked the witness value"
    )


def test_paths_that_multiply_do_not_hang_the_check() -> None:
    lines = "".join(f"  const c{i} = c{i - 1} + c{i - 2};\n" for i in range(2, 60))
    source = (
        "ledger n: Field;\nexport circuit f(a: Field, b: Field): [] {\n"
        f"  const c0 = a + b;\n  const c1 = c0 + a;\n{lines}  n = c59;\n}}"
    )
    found = leak(source)
    assert found is not None
    assert found[:2] == (63, 5)


def test_calls_that_multiply_are_refused() -> None:
    circuits = "".join(
        f"circuit c{i}(x: Field): Field {{ return c{i - 1}(x) + c{i - 1}(x + 1); }}\n"
        for i in range(1, 40)
    )
    source = (
        "ledger n: Field;\ncircuit c0(x: Field): Field { return x; }\n"
        f"{circuits}export circuit f(x: Field): [] {{ n = disclose(c39(x)); }}"
    )
    error = check(source).error
    assert error is not None
    assert error.message == "the program unfolds into more code than this front end can check"
