"""What a person is shown of a verdict: where the caret stands, and what cannot steer the screen."""

import hashlib
import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console

from forgegym.diagnostics import LEAST_WIDTH, WIDTH, Sources, document, excerpt, show, visible
from forgegym.verifiers.verdict import (
    Diagnostic,
    Failure,
    FailureKind,
    Severity,
    Stage,
    StageStatus,
    Toolchain,
    Verdict,
)

PATH = "main.compact"


def under(line: str, index: int, width: int = WIDTH) -> str:
    """What the caret of character `index` stands under."""
    text, caret = excerpt(line, index, width)
    cells = ""
    for character in text:
        width = cell_len(character)
        cells += (character + "\0" * (width - 1)) * (width > 0)
    return (cells + " ")[caret]


# -------------------------------------------------------------------- the line and its caret


@pytest.mark.parametrize(
    "line",
    [
        "  if (n > X) {",
        "\tif (n > X) {",
        "a\tb\tX",
        "   \t X",
        "/* \u4e16\u754c */ X",
        "/* \U0001f600 */\tX",
        "/* e\u0301 */ X",
        "\x1b[31m X",
        "\x00\x07\x7f X",
        "\u202e\u2066 X",
        "\u00a0\u2003\u3000 X",
        "'\ufeff' X",
    ],
)
def test_the_caret_stands_under_its_character(line: str) -> None:
    assert under(line, line.index("X")) == "X"


def test_a_tab_reaches_to_the_next_stop() -> None:
    assert excerpt("\tX", 1, WIDTH) == ("    X", 4)
    assert excerpt("ab\tX", 3, WIDTH) == ("ab  X", 4)
    assert excerpt("\u4e16\tX", 2, WIDTH) == ("\u4e16  X", 4)


def test_the_end_of_a_line_can_be_pointed_at() -> None:
    assert excerpt("abc", 3, WIDTH) == ("abc", 3)
    assert excerpt("", 0, WIDTH) == ("", 0)


def test_of_a_long_line_the_part_around_the_caret_is_shown() -> None:
    line = "a" * 200 + "X" + "b" * 200
    text, caret = excerpt(line, 200, 60)
    assert text[caret] == "X"
    assert text.startswith("…a")
    assert text.endswith("b…")
    assert cell_len(text) <= 60


def test_a_long_line_has_no_mark_where_nothing_is_cut() -> None:
    line = "X" + "a" * 200 + "Y"
    assert excerpt(line, 0, 60)[0].startswith("Xa")
    assert excerpt(line, 201, 60)[0].endswith("aY")


@given(
    st.text(st.characters(codec="utf-8"), max_size=80).filter(lambda line: "\n" not in line),
    st.integers(0, 80),
    st.integers(LEAST_WIDTH, 60),
)
def test_a_line_fits_and_its_caret_is_inside(line: str, index: int, width: int) -> None:
    text, caret = excerpt(line, index, width)
    assert cell_len(text) <= width
    assert 0 <= caret <= cell_len(text)
    assert caret < width
    assert all(character.isprintable() for character in text)


@given(st.text(st.sampled_from("ab\t\u4e16\x1b\u0301"), max_size=60), st.integers(0, 60))
def test_the_caret_is_where_the_text_before_it_ends(before: str, width: int) -> None:
    assert under(before + "X" + before, len(before), LEAST_WIDTH + width) == "X"


# -------------------------------------------------------------------- nothing steers the screen


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain", "plain"),
        ("\x1b[2J", "␛[2J"),
        ("a\nb", "a␊b"),
        ("\x7f", "␡"),
        ("\u202e", "<202E>"),
        ("\u2028", " "),
        ("\U000e0041", "<E0041>"),
        ("世é", "世é"),
    ],
)
def test_what_would_not_show_or_do_something_is_marked(text: str, shown: str) -> None:
    assert visible(text) == shown


def a_verdict(*messages: Diagnostic, facts: object = None, **fields: object) -> Verdict:
    failed = any(message.severity is Severity.ERROR for message in messages)
    status = StageStatus.FAILED if failed else StageStatus.PASSED
    stages = (Stage("parse", StageStatus.PASSED), Stage("compile", status, 0.0123, messages))
    defaults = {"facts": facts or {"unmeasured": "no tree"}, "stages": stages}
    return Verdict("", "", toolchain=Toolchain("compactc", "1.2"), **{**defaults, **fields})  # type: ignore[arg-type]


def printed(
    verdict: Verdict, sources: Sources, *, terminal: bool = False, width: int = 80
) -> tuple[str, str]:
    """What comes out on standard output and standard error."""
    files = io.StringIO(), io.StringIO()
    out, err = (
        Console(
            file=file,
            highlight=False,
            force_terminal=terminal,
            width=width,
            color_system="standard" if terminal else None,
            _environ={},
        )
        for file in files
    )
    show(verdict, sources, out=out, err=err)
    return files[0].getvalue(), files[1].getvalue()


def sources(text: str = "ledger x: Fjeld;\n", *places: str | None) -> Sources:
    return Sources({PATH: text}, places or (PATH,))


def test_a_diagnostic_is_shown_with_its_line_and_a_caret() -> None:
    out, err = printed(a_verdict(Diagnostic("unbound Fjeld", 1, 11)), sources())
    assert out.splitlines() == [
        "main.compact:1:11: error: unbound Fjeld",
        "    1 | ledger x: Fjeld;",
        "      |           ^",
        "refused by compactc 1.2 (12.3 ms)",
    ]
    assert err == ""


@pytest.mark.parametrize("terminal", [False, True])
def test_escape_sequences_of_a_program_do_not_reach_the_terminal(terminal: bool) -> None:
    evil = "\x1b[2J\x1b]0;owned\x07"
    diagnostic = Diagnostic(f"bad {evil}", 1, 1)
    shown = Sources({f"m{evil}": f"{evil} [bold]x[/bold]"}, [f"m{evil}"])
    out, _ = printed(a_verdict(diagnostic), shown, terminal=terminal)
    assert "\x1b[2J" not in out
    assert "\x1b]0" not in out
    assert "\x07" not in out
    assert "[bold]x[/bold]" in out


def test_a_terminal_gets_colours() -> None:
    out, _ = printed(a_verdict(Diagnostic("no", 1, 1)), sources(), terminal=True)
    assert "\x1b[1;31merror: \x1b[0m" in out
    assert "\x1b" not in printed(a_verdict(Diagnostic("no", 1, 1)), sources())[0]


def test_a_message_of_many_parts_is_on_several_lines_of_a_terminal_alone() -> None:
    message = "potential disclosure; " + "; ".join(f"by the path number {n}" for n in range(9))
    verdict = a_verdict(Diagnostic(message, 1, 1))
    assert message in printed(verdict, sources())[0]
    assert "\n    by the path number 3;\n" in printed(verdict, sources(), terminal=True)[0]


def test_a_long_line_of_a_program_does_not_fill_a_terminal() -> None:
    text = "x" * 50_000 + "\n"
    out, _ = printed(a_verdict(Diagnostic("no", 1, 40_000)), sources(text), terminal=True, width=60)
    assert all(cell_len(line) <= 90 for line in out.splitlines())


def test_a_diagnostic_without_a_place_has_neither_line_nor_caret() -> None:
    out, _ = printed(a_verdict(Diagnostic("no", None, None)), sources("a\n", PATH))
    assert out.startswith("main.compact: error: no\nrefused")
    out, _ = printed(a_verdict(Diagnostic("no", None, None)), Sources({PATH: "a"}, (None,)))
    assert out.startswith("error: no\nrefused")


@pytest.mark.parametrize("line", [0, 3, 10**9])
def test_a_line_that_is_not_there_is_not_shown(line: int) -> None:
    out, _ = printed(a_verdict(Diagnostic("no", line, 1)), sources("a\n"))
    assert " | " not in out


def test_a_file_whose_text_is_not_known_is_named() -> None:
    out, _ = printed(a_verdict(Diagnostic("no", 3, 4)), Sources({PATH: "a"}, ("lib.compact",)))
    assert out.startswith("lib.compact:3:4: error: no\nrefused")


def test_lines_are_counted_as_the_compiler_counts_them() -> None:
    text = "\ufeffone\r\ntwo\rthree\u2028four\u0085five X"
    out, _ = printed(a_verdict(Diagnostic("no", 5, 6)), sources(text))
    assert "    5 | five X\n" in out


def test_each_diagnostic_is_shown_from_its_own_file() -> None:
    first, second = Diagnostic("no", 1, 1), Diagnostic("hm", 1, 1, Severity.WARNING)
    files = Sources({PATH: "one", "lib.compact": "two"}, ("lib.compact", PATH))
    out, _ = printed(a_verdict(first, second), files)
    assert out.splitlines()[:2] == ["lib.compact:1:1: error: no", "    1 | two"]
    assert out.splitlines()[3:5] == ["main.compact:1:1: warning: hm", "    1 | one"]
    assert out.endswith("(12.3 ms, 2 files)\n")


# -------------------------------------------------------------------- what was measured


def circuit(name: str, **fields: object) -> dict[str, object]:
    plain = {"complexity": 1, "extended": 1, "structure": "", "counted": True}
    return {"name": name, **plain, **fields}


MEASURED = {"complexity": 3.0, "complexity_extended": 4.0}


def test_an_accepted_contract_shows_the_complexity_of_each_circuit() -> None:
    circuits = [
        circuit("bid", complexity=3, extended=4, structure="if(?)"),
        circuit("\u4e16", complexity=3, extended=4, structure="if(?)", counted=False),
        circuit("owner"),
    ]
    verdict = a_verdict(facts={"circuits": circuits}, metrics=MEASURED)
    assert printed(verdict, Sources({PATH: ""}, ()))[0].splitlines() == [
        "accepted by compactc 1.2 (12.3 ms)",
        "  circuit  complexity  with && ||  decisions",
        "  bid               3           4  if(?)",
        "  \u4e16                3           4  if(?)  (as a circuit above: not counted again)",
        "  owner             1           1",
        "complexity 3 (4 with && and ||)",
    ]


def test_a_contract_without_circuits_has_no_table() -> None:
    verdict = a_verdict(facts={"circuits": []}, metrics=MEASURED)
    assert "circuit " not in printed(verdict, Sources({PATH: ""}, ()))[0]


def test_what_could_not_be_measured_says_why() -> None:
    out, _ = printed(a_verdict(facts={"unmeasured": "too [deep]"}), Sources({PATH: ""}, ()))
    assert "complexity: not measured (too [deep])" in out


def test_a_failure_of_the_machine_goes_to_standard_error() -> None:
    failure = Failure(FailureKind.SANDBOX, "compile", "no daemon \x1b[2J")
    out, err = printed(a_verdict(stages=(), failure=failure), Sources({PATH: "a"}, ()))
    assert out == ""
    assert err == "error: no daemon ␛[2J\n"


# -------------------------------------------------------------------- for machines


def test_the_document_is_the_verdict_with_the_file_of_each_diagnostic() -> None:
    verdict = a_verdict(Diagnostic("no", 1, 11))
    data = document(verdict, Sources({PATH: "é", "lib.compact": "b"}, ("lib.compact",)))
    (diagnostic,) = data["stages"][1]["diagnostics"]
    assert diagnostic["file"] == "lib.compact"
    assert diagnostic["line"] == 1
    assert data["files"] == [
        {"path": PATH, "sha256": hashlib.sha256("é".encode()).hexdigest()},
        {"path": "lib.compact", "sha256": hashlib.sha256(b"b").hexdigest()},
    ]
    assert json.loads(json.dumps(data))["stages"][1]["diagnostics"] == [diagnostic]


def test_the_document_has_all_that_the_verdict_has() -> None:
    verdict = a_verdict(Diagnostic("no", 1, 11), Diagnostic("hm", None, None, Severity.WARNING))
    data = document(verdict, Sources({PATH: ""}, (PATH, None)))
    del data["files"]
    for stage in data["stages"]:
        for diagnostic in stage["diagnostics"]:
            del diagnostic["file"]
    assert Verdict.from_json(data) == verdict
