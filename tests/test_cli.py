"""The command line as a user meets it: what is printed, what is written, how it ends."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from conftest import need_module
from typer.testing import CliRunner

from forgegym.cli import app, shell
from forgegym.verifiers.compact import compiler

GOOD = """pragma language_version 0.23;
import CompactStandardLibrary;

export ledger best: Uint<64>;

export circuit bid(amount: Uint<64>): [] {
  const n = disclose(amount);
  if (n > best) {
    best = n;
  }
}
"""
BAD = GOOD.replace("if (n > best)", "if (n > bset)")
FRONTEND = ("--toolchain", "frontend")
COMPACT = "CompactContract-v0"


def run(*arguments, code=0, **options):
    """The command's result, which must have ended with this exit code and no traceback."""
    result = CliRunner().invoke(app, [str(a) for a in arguments], **options)
    assert result.exit_code == code, result.output + repr(result.exception)
    assert "Traceback" not in result.output
    return result


def refusal(*arguments, code=2, **options) -> str:
    """The one sentence that a wrong input gets on standard error."""
    result = run(*arguments, code=code, **options)
    assert result.stdout == ""
    lines = result.stderr.strip().splitlines()
    assert len(lines) == 1, result.stderr
    assert lines[0].startswith("error: ")
    return lines[0]


@pytest.fixture
def contract(tmp_path: Path) -> Path:
    path = tmp_path / "auction.compact"
    path.write_text(GOOD)
    return path


# ---------------------------------------------------------------- help and envs


@pytest.mark.parametrize(
    "verb", ["", "envs", "check", "generate", "eval", "train", "train grpo", "bench"]
)
def test_every_verb_explains_itself(verb):
    assert "Usage:" in run(*verb.split(), "--help").stdout


def test_help_comes_without_the_heavy_libraries():
    program = (
        "import sys\nfrom forgegym.cli import app\n"
        "try: app(['--help'])\nexcept SystemExit as end: code = end.code\n"
        "assert code == 0\n"
        "heavy = {'torch', 'transformers', 'matplotlib'} & set(sys.modules)\n"
        "assert not heavy, heavy"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_envs_names_each_toolchain_and_what_auto_takes(monkeypatch):
    monkeypatch.delenv("FORGEGYM_COMPACTC", raising=False)
    monkeypatch.setenv("PATH", "/nonexistent")
    text = run("envs").stdout
    assert "CompactContract-v0" in text
    assert "not found" in text
    document = json.loads(run("envs", "--json").stdout)
    env = next(e for e in document["environments"] if e["id"] == "CompactContract-v0")
    assert env["auto"] == "frontend"
    assert [t["choice"] for t in env["toolchains"]] == ["compactc", "frontend"]
    assert env["toolchains"][0]["toolchain"] is None
    assert "apt install bubblewrap" in document["sandboxes"]["bubblewrap"]["missing"]


def test_what_no_engine_can_do_is_said_in_one_sentence(monkeypatch):
    monkeypatch.setenv("DOCKER_HOST", "unix:///nonexistent.sock")
    for command in (("images", "list"), ("images", "build"), ("attack",)):
        said = refusal(*command, code=3)
        assert "no Docker engine answers at unix:///nonexistent.sock" in said
    assert "no containers" in run("clean").stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("images", "build", "ruby"), "there is no image for 'ruby'"),
        (("images", "build", "compact", "--from", "/nonexistent"), "no folder /nonexistent"),
        (("attack", "--only", "G99"), "no entry is for 'G99'; the rows for python are G01, G02"),
        (("attack", "--language", "nope"), "no language 'nope'; there are compact, python"),
        (("bench", "soak", "--sandbox", "unsafe"), "docker or bubblewrap here, not unsafe"),
        (("bench", "sandbox", "--backend", "nope"), "no backend 'nope'; there are: docker, bubb"),
        (("bench", "verify", "--backend", "nope"), "no backend 'nope'; there are: docker, bubb"),
        (
            ("bench", "soak", "--sandbox", "bubblewrap", "--restart", "x"),
            "--restart is about Docker's engine",
        ),
    ],
)
def test_wrong_words_about_sandboxes_are_said_in_one_sentence(arguments, said):
    assert said in refusal(*arguments)


def test_no_sandbox_has_to_be_asked_for_twice(contract, tmp_path, monkeypatch):
    compiler = tmp_path / "compactc"
    compiler.write_text(
        "#!/bin/sh\ncase $1 in --version) echo 0.31.1;; --language-version) echo 0.23.0;; esac\n"
    )
    compiler.chmod(0o755)
    monkeypatch.setenv("FORGEGYM_COMPACTC", str(compiler))
    command = ("check", "CompactContract-v0", contract, "--sandbox", "unsafe")
    assert "--allow-unsafe" in refusal(*command)
    with pytest.warns(UserWarning, match="without a sandbox"):
        assert "accepted by compactc 0.31.1" in run(*command, "--allow-unsafe").stdout


# ---------------------------------------------------------------- check


def test_an_accepted_contract_ends_with_0_and_its_complexity(contract):
    text = run("check", "CompactContract-v0", contract, *FRONTEND).stdout
    assert "accepted by forgegym-compact-frontend" in text
    assert "complexity 2" in text


def test_a_refused_contract_ends_with_1_and_a_caret_under_the_place(contract):
    contract.write_text(BAD)
    lines = run("check", "CompactContract-v0", contract, *FRONTEND, code=1).stdout.splitlines()
    assert lines[0] == f"{contract}:8:11: error: unbound identifier bset"
    assert lines[1] == "    8 |   if (n > bset) {"
    assert lines[2].index("^") == lines[1].index("bset")
    assert lines[3].startswith("refused by forgegym-compact-frontend")


def test_check_as_json_is_the_verdict(contract):
    verdict = json.loads(run("check", "CompactContract-v0", contract, *FRONTEND, "--json").stdout)
    assert [s["status"] for s in verdict["stages"]] == ["passed", "passed"]
    assert verdict["metrics"]["complexity"] == 2
    assert verdict["toolchain"]["name"] == "forgegym-compact-frontend"


def test_a_contract_comes_from_standard_input_too():
    run("check", "CompactContract-v0", "-", *FRONTEND, input=GOOD)
    run("check", "CompactContract-v0", "-", *FRONTEND, input=BAD, code=1)


@pytest.fixture
def shop(tmp_path: Path, monkeypatch) -> Path:
    """A contract of three files, seen from its folder, and a library beside it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("COMPACT_PATH", raising=False)
    files = {
        "src/shop.compact": 'include "common";\nimport "../lib/Till" prefix Till_;\n'
        "export circuit buy(n: Uint<64>): [] {\n  Till_put(limit(n));\n}\n",
        "src/common.compact": "circuit limit(n: Uint<64>): Uint<64> {\n"
        "  return n > 9 ? 9 : n;\n}\n",
        "lib/Till.compact": "module Till {\n  export ledger sum: Uint<64>;\n"
        "  export circuit put(n: Uint<64>): [] {\n    sum = disclose(n);\n  }\n}\n",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    return Path("src/shop.compact")


def test_a_contract_of_several_files_is_checked_from_its_first(shop):
    text = run("check", "CompactContract-v0", shop, *FRONTEND).stdout
    first, *rest = text.splitlines()
    assert first.endswith("3 files)")
    assert [line.split()[:2] for line in rest[1:4]] == [["buy", "1"], ["limit", "2"], ["put", "1"]]
    assert rest[-1] == "complexity 2 (2 with && and ||)"


def test_an_error_in_another_file_is_shown_from_there(shop):
    Path("lib/Till.compact").write_text("module Till {\n\texport ledger sum: Uint<64>\n}\n")
    lines = run("check", "CompactContract-v0", shop, *FRONTEND, code=1).stdout.splitlines()
    assert lines[0].startswith("src/../lib/Till.compact:3:1: error: parse error: found")
    assert lines[1:3] == ["    3 | }", "      | ^"]
    assert lines[3].endswith("3 files)")


def test_check_as_json_says_which_files_and_which_of_them_is_wrong(shop):
    Path("src/common.compact").write_text("circuit limit(n: Uint<64>): Uint<64> { return m; }\n")
    document = json.loads(
        run("check", "CompactContract-v0", shop, *FRONTEND, "--json", code=1).stdout
    )
    assert [file["path"] for file in document["files"]] == [
        "src/shop.compact",
        "src/common.compact",
        "src/../lib/Till.compact",
    ]
    (diagnostic,) = document["stages"][1]["diagnostics"]
    assert (diagnostic["file"], diagnostic["line"]) == ("src/common.compact", 1)
    assert diagnostic["message"] == "unbound identifier m"


def test_a_missing_file_is_an_error_where_it_is_named(shop):
    Path("src/common.compact").unlink()
    lines = run("check", "CompactContract-v0", shop, *FRONTEND, code=1).stdout.splitlines()
    assert lines[:3] == [
        'src/shop.compact:1:1: error: failed to locate file "common.compact"',
        '    1 | include "common";',
        "      | ^",
    ]


def test_files_that_include_each_other_are_refused(shop):
    Path("src/common.compact").write_text('include "shop";\n')
    text = run("check", "CompactContract-v0", shop, *FRONTEND, code=1).stdout
    assert 'include cycle involving "src/common.compact"' in text


def test_the_search_path_of_the_compiler_is_used(shop, monkeypatch):
    shop.write_text(shop.read_text().replace("../lib/", ""))
    run("check", "CompactContract-v0", shop, *FRONTEND, code=1)
    monkeypatch.setenv("COMPACT_PATH", "nowhere:lib")
    run("check", "CompactContract-v0", shop, *FRONTEND)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"// \xff\n", "src/common.compact is not UTF-8 text (byte 0xff at offset 3)"),
        (b" " * 10_000_000, "src/common.compact has more than 2,000,000 bytes"),
    ],
    ids=["not UTF-8", "10 MB"],
)
def test_a_file_of_a_contract_that_is_no_text_is_one_sentence(shop, content, said):
    Path("src/common.compact").write_bytes(content)
    assert said in refusal("check", "CompactContract-v0", shop, *FRONTEND)


def test_a_pipe_among_the_files_is_not_waited_for(shop):
    Path("src/common.compact").unlink()
    os.mkfifo("src/common.compact")
    said = refusal("check", "CompactContract-v0", shop, *FRONTEND)
    assert "src/common.compact is no regular file" in said


def test_standard_input_has_no_other_files(shop):
    text = run(
        "check", "CompactContract-v0", "-", *FRONTEND, input='include "src/common";\n', code=1
    ).stdout
    assert text.startswith('-:1:1: error: failed to locate file "src/common.compact"')


def test_an_endless_file_is_one_sentence():
    said = refusal("check", "CompactContract-v0", "/dev/zero")
    assert "/dev/zero has more than 65,536 bytes" in said


def on_a_terminal(*command: object, **environment: str) -> bytes:
    """What the command prints to a terminal."""
    ours, theirs = os.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "forgegym", *map(str, command)],
        stdout=theirs,
        stderr=theirs,
        env={"PATH": os.environ["PATH"], "TERM": "xterm-256color", **environment},
    )
    os.close(theirs)
    shown = b""
    while True:
        try:
            shown += os.read(ours, 4096)
        except OSError:  # the other side is closed
            break
    os.close(ours)
    process.wait()
    return shown


def test_a_terminal_gets_colours_unless_they_are_not_wanted(contract):
    contract.write_text(BAD)
    command = ("check", "CompactContract-v0", contract, *FRONTEND)
    assert b"\x1b[1;31merror: \x1b[0munbound identifier bset" in on_a_terminal(*command)
    assert b"\x1b" not in on_a_terminal(*command, NO_COLOR="1")


@pytest.mark.compactc
@pytest.mark.bubblewrap
def test_the_real_compiler_is_given_all_the_files(shop):
    compactc = ("--toolchain", "compactc", "--sandbox", "bubblewrap")
    text = run("check", "CompactContract-v0", shop, *compactc).stdout
    assert text.startswith("accepted by compactc")
    assert "complexity 2" in text
    Path("lib/Till.compact").write_text("module Till {\n  export circuit put(): [] {}\n}\n")
    text = run("check", "CompactContract-v0", shop, *compactc, code=1).stdout
    assert text.startswith("src/shop.compact:4:3: error: no compatible function named Till_put")
    assert "declared argument types for function at Till.compact line 2 char 3" in text


@pytest.mark.compactc
def test_the_real_compiler_gives_its_verdict_when_asked(contract):
    arguments = ("check", "CompactContract-v0", contract, "--toolchain", "compactc")
    assert "accepted by compactc" in run(*arguments).stdout
    contract.write_text(BAD)
    assert "unbound identifier bset" in run(*arguments, code=1).stdout


def test_a_compiler_that_is_none_is_the_machines_failure(contract, monkeypatch):
    monkeypatch.setattr(compiler, "_image_is_built", lambda: False)
    monkeypatch.setenv("FORGEGYM_COMPACTC", "/bin/true")
    arguments = ("check", "CompactContract-v0", contract, "--toolchain", "compactc")
    assert "FORGEGYM_COMPACTC" in refusal(*arguments, code=3)


# ---------------------------------------------------------------- wrong input


def test_open_tasks_are_validated_without_a_compiler(monkeypatch):
    monkeypatch.delenv("FORGEGYM_COMPACTC", raising=False)
    monkeypatch.setenv("PATH", "/nonexistent")
    command = ("validate", COMPACT, "--only", "counter", *FRONTEND)
    assert "5 tasks, 0 of them not sound" in run(*command, "--tasks", "open").stdout
    both = run(*command, code=3)
    assert "5 tasks, 0 of them not sound" in both.stdout
    assert "compiler" in both.stderr


@pytest.mark.parametrize(
    "command",
    [
        ("demo", "--iterations", 1),
        ("study", "algorithms", "--seeds", 1),
        ("bench", "sb3", "--env", COMPACT),
        ("bench", "gpu", "--shapes", "tiny", "--device", "cpu"),
    ],
    ids=lambda command: " ".join(command[:2]),
)
def test_nothing_is_written_into_a_folder_of_other_things(command, tmp_path):
    if "sb3" in command:
        need_module("sb3_contrib", "sb3")
    (tmp_path / "letters.txt").write_text("dear")
    said = refusal(*command, "--out", tmp_path)
    assert f"{tmp_path} holds letters.txt already; name another folder" in said
    assert [path.name for path in tmp_path.iterdir()] == ["letters.txt"]


@pytest.mark.parametrize("chosen", ["auto", "frontend"])
def test_tasks_with_a_specification_are_not_told_to_use_the_front_end(
    chosen, tmp_path, monkeypatch
):
    monkeypatch.delenv("FORGEGYM_COMPACTC", raising=False)
    monkeypatch.setenv("PATH", "/nonexistent")
    monkeypatch.setenv("DOCKER_HOST", "unix:///nonexistent.sock")
    spec = ("--tasks", "spec", "--toolchain", chosen)
    said = refusal("eval", COMPACT, "--agent", "template", "--out", tmp_path / "o", *spec, code=3)
    assert "needs the Compact compiler" in said
    assert "frontend" not in said


def test_tests_without_a_task_are_refused(contract):
    said = refusal("check", "PythonTests-v0", contract)
    assert "PythonTests-v0 needs --task" in said


def test_an_unknown_environment_is_named_with_the_nearest(contract):
    sentence = refusal("check", "CompactContracts-v0", contract)
    assert (
        "there is no environment 'CompactContracts-v0'; did you mean CompactContract-v0?"
        in sentence
    )
    for verb in (["eval", "Nope-v1", "--agent", "random"], ["generate", "Nope-v1", "--out", "x"]):
        assert "there is no environment 'Nope-v1'" in refusal(*verb)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"export circuit f\xff(): [] {}", "not UTF-8 text (byte 0xff at offset 16)"),
        (b"", "is empty"),
        (b" \n\t\n", "is empty"),
        (b"// x\n" * 2**21, "10,485,760 bytes; a program may have at most 65,536"),
    ],
    ids=["not UTF-8", "empty", "blank", "10 MB"],
)
def test_a_file_that_is_no_contract_is_one_sentence(tmp_path, content, said):
    path = tmp_path / "odd.compact"
    path.write_bytes(content)
    assert said in refusal("check", "CompactContract-v0", path)


def test_a_file_that_cannot_be_read_is_named(tmp_path):
    assert "there is no file" in refusal("check", "CompactContract-v0", tmp_path / "gone.compact")
    assert "is a folder" in refusal("check", "CompactContract-v0", tmp_path)


@pytest.mark.parametrize("verb", ["eval", "generate"])
def test_an_unknown_agent_is_told_what_there_is(tmp_path, verb):
    sentence = refusal(verb, "CompactContract-v0", "--agent", "gpt-9", "--out", tmp_path / "o")
    assert "unknown agent 'gpt-9'" in sentence
    assert "'template'" in sentence
    assert not (tmp_path / "o").exists()


def test_a_judge_that_cannot_be_is_refused_before_anything_is_trained(tmp_path):
    options = ("judge_url=http://127.0.0.1:9/v1", "judge_model=m", "judge_weight=0.9")
    settings = [word for option in options for word in ("--set", option)]
    sentence = refusal("train", "grpo", "--out", tmp_path / "o", *settings)
    assert "the judge's weight must be above 0 and at most 0.5, not 0.9" in sentence
    assert not (tmp_path / "o").exists()


def test_a_missing_or_empty_model_folder_is_named(tmp_path):
    common = ("generate", "CompactContract-v0", "--out", tmp_path / "o")
    assert "there is no model folder" in refusal(*common, "--model", tmp_path / "gone")
    (tmp_path / "hollow").mkdir()
    assert "holds no model" in refusal(*common, "--model", tmp_path / "hollow")
    assert "holds no model" in refusal(
        "eval", "CompactContract-v0", "--agent", tmp_path / "hollow", "--out", tmp_path / "o"
    )
    assert "give one of them" in refusal(*common, "--model", tmp_path, "--agent", "random")


@pytest.mark.parametrize("complexity", [99, 0, -3])
def test_a_complexity_out_of_reach_is_told_the_range(tmp_path, complexity):
    common = ("generate", "CompactContract-v0", "--out", tmp_path / "o")
    sentence = refusal(*common, "--min-complexity", complexity)
    assert f"--min-complexity must be 1 to 32, not {complexity}" in sentence
    assert not (tmp_path / "o").exists()


@pytest.mark.parametrize("number", ["0", "-5", "many"])
def test_a_senseless_number_of_samples_is_a_usage_error(tmp_path, number):
    result = run(
        "generate", "CompactContract-v0", "--num-samples", number, "--out", tmp_path / "o", code=2
    )
    assert "--num-samples" in result.stderr


def test_a_folder_without_write_permission_is_named(tmp_path):
    if os.geteuid() == 0:
        # Root may write anywhere but where even root may not.
        target = Path("/proc/forgegym-results")
    else:
        (tmp_path / "locked").mkdir(mode=0o500)
        target = tmp_path / "locked" / "results"
    for verb in ("eval", "generate"):
        sentence = refusal(
            verb, "CompactContract-v0", "--agent", "template", "--out", target, *FRONTEND
        )
        assert f"cannot write {target}" in sentence


def test_a_full_disk_is_the_machines_failure_and_keeps_what_was_written(full_disk):
    sentence = refusal(
        *("generate", "CompactContract-v0", "--agent", "template", "--out", full_disk / "o"),
        *("--num-samples", 500, *FRONTEND),
        code=3,
    )
    assert "No space left on device" in sentence
    kept = sorted((full_disk / "o").glob("*.compact"))
    assert kept
    assert all(path.read_text().rstrip().endswith("}") for path in kept)
    sentence = refusal(
        *("eval", "CompactContract-v0", "--agent", "template", "--out", full_disk / "e"),
        *("--num-samples", 500, *FRONTEND),
        code=3,
    )
    assert "No space left on device" in sentence


def test_missing_extras_are_told_the_command_that_installs_them(tmp_path):
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "config.json").write_text("{}")
    program = (
        "import sys; sys.modules['torch'] = None\n"
        "from forgegym.cli import main; sys.argv = ['forgegym', *sys.argv[1:]]; main()"
    )
    for arguments in (
        ["eval", "CompactContract-v0", "--agent", "model"],
        ["eval", "CompactContract-v0", "--agent", "tiny"],
        ["train", "grpo", "--env", "CompactContract-v0", "--out", "run"],
        ["train", "sft", "--out", "base"],
    ):
        done = subprocess.run(
            [sys.executable, "-c", program, *arguments],
            cwd=tmp_path,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 2, done.stderr
        assert "pip install 'forgegym[agents]'" in done.stderr
        assert len(done.stderr.strip().splitlines()) == 1
    assert [p.name for p in tmp_path.iterdir()] == ["model"]


# ---------------------------------------------------------------- generate and eval


def test_generate_writes_contracts_and_examples(tmp_path):
    out = tmp_path / "contracts"
    result = run(
        *("generate", "CompactContract-v0", "--agent", "template", "--min-complexity", 5),
        *("--num-samples", 10, "--out", out, *FRONTEND),
    )
    assert "10 of 10 written" in result.stdout
    assert len(list(out.glob("*.compact"))) == 10
    for path in out.glob("*.compact"):
        run("check", "CompactContract-v0", path, *FRONTEND)
    assert len((out / "examples.jsonl").read_text().splitlines()) == 10
    assert "is not empty" in refusal("generate", "CompactContract-v0", "--out", out)


def test_generate_that_falls_short_says_so_and_ends_with_1(tmp_path):
    result = run(
        *("generate", "CompactContract-v0", "--agent", "random", "--num-samples", 2),
        *("--out", tmp_path / "o", "--json", *FRONTEND),
        code=1,
    )
    assert json.loads(result.stdout)["kept"] == 0


def test_eval_prints_the_four_rates_and_leaves_a_results_folder(tmp_path):
    out = tmp_path / "results"
    arguments = ("eval", "CompactContract-v0", "--agent", "template", "--num-samples", 20)
    text = run(*arguments, "--out", out, *FRONTEND).stdout
    for name in ("compiles", "complexity > 3", "compiles and complexity > 3", "average complexity"):
        assert name in text
    assert "100.0 %" in text
    assert {p.name for p in out.iterdir()} == {"config.json", "rows.jsonl", "summary.json"}
    assert "--resume" in refusal(*arguments, "--out", out, *FRONTEND)
    summary = json.loads(run(*arguments, "--out", out, "--resume", "--json", *FRONTEND).stdout)
    assert summary["compile_rate"]["value"] == 1.0
    assert summary["samples"] == 20


def test_eval_takes_samples_of_each_task_or_episodes_in_all(tmp_path):
    arguments = ("eval", "CompactContract-v0", "--agent", "constant", "--json", *FRONTEND)
    done = run(*arguments, "--samples", 2, "--workers", 1, "--out", tmp_path / "two")
    summary = json.loads(done.stdout)
    assert (summary["samples"], summary["tasks"]) == (160, 80)
    assert list(summary["pass_at"]) == ["1", "2"]
    assert "give one of them" in refusal(*arguments, "--samples", 2, "--episodes", 2)
    assert "the training split has none" in refusal(*arguments, "--samples", 2, "--split", "train")


def test_eval_goes_whole_times_over_the_tasks_unless_it_is_told_how_many(tmp_path):
    arguments = ("eval", "CompactContract-v0", "--agent", "constant", *FRONTEND)
    whole = run(*arguments, "--json", "--out", tmp_path / "whole")
    assert json.loads(whole.stdout)["samples"] == 240
    some = run(*arguments, "--episodes", 100, "--out", tmp_path / "some")
    assert "100 episodes are no whole passes over the 80 frozen tasks" in some.stdout
    bound = run(*arguments, "--samples", 1, "--budget", 9, "--out", tmp_path / "bound")
    assert "9 episodes are no whole passes over the 80 frozen tasks" in bound.stdout
    one = run(*arguments, "--samples", 1, "--out", tmp_path / "one")
    assert "whole passes" not in one.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("eval", "RustCode-v0", "--agent", "empty", "--tasks", "open"), "has one kind of tasks"),
        (
            ("eval", "PythonTests-v0", "--agent", "empty", "--tasks", "spec"),
            "has one kind of tasks",
        ),
        (
            ("eval", COMPACT, "--agent", "empty", "--budget", 2, "--turns", 3),
            "begins no episode of 3 turns",
        ),
        (
            ("eval", "CompactContract-v0", "--agent", "empty", "--temperature", 0.7),
            "no --temperature",
        ),
        (("eval", "CompactContract-v0", "--agent", "constant", "--stop", "x"), "no --stop"),
        (
            ("eval", "CompactContract-v0", "--agent", "reference", "--device", "cuda:9"),
            "no --device",
        ),
        (("eval", "CompactContract-v0", "--agent", "empty", "--set", "x=1"), "takes no options"),
        (("validate", "RustCode-v0", "--tasks", "spec"), "--tasks chooses"),
        (("validate", "RustCode-v0", "--toolchain", "compactc"), "--toolchain is of Compact"),
        (
            ("validate", "PythonReasoning-v0", "--tasks-from", "mbpp:x", "--toolchain", "frontend"),
            "--toolchain is of Compact",
        ),
        (
            ("validate", "PythonReasoning-v0", "--tasks-from", "mbpp:x", "--sandbox", "unsafe"),
            "without any sandbox",
        ),
        (("generate", "RustCode-v0", "--out", "o"), "name who writes for RustCode-v0"),
        (
            ("eval", COMPACT, "--agent", "empty", "--samples", 10**11),
            "8,000,000,000,000 episodes; at most 1,000,000",
        ),
        (("eval", "RustCode-v0", "--agent", "template"), "'template' writes Compact, not Rust"),
        (
            ("generate", "PythonTests-v0", "--agent", "template", "--out", "o"),
            "'template' writes Compact, not Python",
        ),
        (
            ("generate", "RustCode-v0", "--agent", "grammar", "--min-complexity", 4, "--out", "o"),
            "--min-complexity is of contracts",
        ),
        (("bench", "sb3", "--env", "PythonTests-v0"), "has no discrete view"),
        (
            ("export", "RustCode-v0", "o", "--format", "verifiers", "--tasks", 10),
            "--tasks is of Harbor's format",
        ),
        (
            ("export", "RustCode-v0", "o", "--format", "verifiers", "--offline"),
            "--offline is of Harbor's format",
        ),
        (("export", "PythonTests-v0", "o", "--format", "harbor"), "cannot be exported to Harbor"),
    ],
    ids=lambda value: " ".join(map(str, value)) if isinstance(value, tuple) else "",
)
def test_a_setting_that_would_be_ignored_is_refused(arguments, said, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    if arguments[0] == "bench":
        need_module("sb3_contrib", "sb3")
    assert said in refusal(*arguments)
    assert not list(tmp_path.iterdir())


def test_an_evaluation_killed_at_any_moment_goes_on(tmp_path):
    """SIGKILL while rows are written, then --resume: the same rows as without the kill."""
    command = [sys.executable, "-m", "forgegym", "eval", "CompactContract-v0", "--agent", "random"]
    command += ["--num-samples", "2000", *FRONTEND]
    process = subprocess.Popen([*command, "--out", "cut"], cwd=tmp_path)
    rows = tmp_path / "cut" / "rows.jsonl"
    deadline = time.monotonic() + 60
    while not (rows.exists() and rows.stat().st_size > 100_000) and time.monotonic() < deadline:
        time.sleep(0.005)
    process.kill()
    process.wait()
    assert not (tmp_path / "cut" / "summary.json").exists(), "it ended before the kill"
    subprocess.run([*command, "--out", "cut", "--resume"], cwd=tmp_path, check=True)
    subprocess.run([*command, "--out", "whole"], cwd=tmp_path, check=True)

    def timeless(folder):
        lines = (tmp_path / folder / "rows.jsonl").read_text().splitlines()
        parsed = [json.loads(line) for line in lines]
        return [{k: v for k, v in r.items() if k != "seconds"} for r in parsed]

    assert sorted(timeless("cut"), key=lambda r: r["index"]) == timeless("whole")


def test_a_log_is_told_how_far_an_evaluation_is(tmp_path, monkeypatch):
    command = ["eval", COMPACT, "--agent", "random", "--num-samples", "200", *FRONTEND]
    command += ["--out", tmp_path / "run"]
    assert run(*command).stderr == ""  # it took no time
    rows = tmp_path / "run" / "rows.jsonl"
    rows.write_text("".join(rows.open().readlines()[:100]))
    monkeypatch.setattr(shell, "LINE_SECONDS", 0.0)
    first, *more = run(*command, "--resume").stderr.splitlines()
    assert first == "judging: 100 of 200, ? left"
    assert more
    assert all(re.fullmatch(r"judging: 1\d\d of 200, 0:\d\d left", line) for line in more)


def test_ctrl_c_ends_with_130_and_keeps_the_rows(tmp_path):
    command = [sys.executable, "-m", "forgegym", "eval", "CompactContract-v0", "--agent", "random"]
    command += ["--num-samples", "100000", "--out", "cut", *FRONTEND]
    process = subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE, text=True)
    rows = tmp_path / "cut" / "rows.jsonl"
    deadline = time.monotonic() + 60
    while not (rows.exists() and rows.stat().st_size) and time.monotonic() < deadline:
        time.sleep(0.005)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130
    assert said.strip() == "stopped; what was finished by then is kept"
    assert all(json.loads(line)["valid"] for line in rows.read_text().splitlines())


# ---------------------------------------------------------------- bench


def test_compact_agreement_wants_its_data(tmp_path, monkeypatch):
    monkeypatch.setenv("FORGEGYM_SHARED_DATA", str(tmp_path))
    assert "no file of compiler verdicts" in refusal("bench", "compact-agreement")
    odd = tmp_path / "odd.jsonl"
    odd.write_text('{"id": 1}\n')
    assert "is not a file of compiler verdicts" in refusal(
        "bench", "compact-agreement", "--data", odd
    )
    odd.write_text("")
    assert "holds no verdicts" in refusal("bench", "compact-agreement", "--data", odd)


def test_compact_agreement_counts_what_it_is_given(tmp_path):
    facts = [
        {"id": "a", "base": "a", "origin": "contract", "accepted": True, "source": GOOD},
        {
            "id": "b",
            "base": "a",
            "origin": "mutant",
            "mutation": "m_ident",
            "accepted": False,
            "source": BAD,
            "line": 8,
            "char": 11,
            "message": "unbound identifier bset",
        },
        {
            "id": "c",
            "base": "c",
            "origin": "contract",
            "accepted": False,
            "source": GOOD,
            "line": 1,
            "char": 1,
            "message": "a rule that best and 1 other name break",
        },
        {"id": "d", "base": "d", "origin": "contract", "accepted": True, "source": BAD},
    ]
    data = tmp_path / "verdicts.jsonl"
    data.write_text("".join(json.dumps(fact) + "\n" for fact in facts))
    report = json.loads(run("bench", "compact-agreement", "--data", data, "--json").stdout)
    assert report["overall"]["accepted_kept"]["value"] == 0.5
    assert report["overall"]["rejected_caught"]["value"] == 0.5
    assert report["overall"]["balanced_accuracy"]["value"] == 0.5
    assert report["same_line"]["value"] == report["same_message"]["value"] == 1.0
    assert report["misses"][0]["message"] == "a rule that NAME and N other name break"
    assert report["misses"][0]["examples"] == ["c"]
    assert report["false_refusals"][0]["message"] == "unbound identifier NAME"
    assert report["by_mutation"]["m_ident"]["accepted_kept"]["value"] is None
    table = run("bench", "compact-agreement", "--data", data).stdout
    assert "Embedded front end against compactc" in table


@pytest.mark.compactc
def test_a_folder_of_contracts_goes_before_the_real_compiler(tmp_path):
    (tmp_path / "good.compact").write_text(GOOD)
    (tmp_path / "bad.compact").write_text(BAD)
    arguments = ("bench", "compact-agreement", "--contracts", tmp_path, "--json")
    report = json.loads(run(*arguments).stdout)
    assert report["overall"]["same_verdict"] == 2
    assert report["same_message"]["value"] == 1.0


def test_a_folder_of_contracts_needs_contracts_and_a_compiler(tmp_path, monkeypatch):
    monkeypatch.setattr(compiler, "_image_is_built", lambda: False)
    monkeypatch.setenv("FORGEGYM_COMPACTC", "/bin/true")
    arguments = ("bench", "compact-agreement", "--contracts", tmp_path)
    assert "no .compact files" in refusal(*arguments)
    (tmp_path / "good.compact").write_text(GOOD)
    assert "FORGEGYM_COMPACTC" in refusal(*arguments, code=3)
    assert "give one of them" in refusal(*arguments, "--data", tmp_path)


@pytest.mark.shared_data
def test_the_front_end_agrees_with_the_compiler_as_often_as_is_claimed(shared_data):
    data = shared_data / "compact" / "verdicts.dev.jsonl.gz"
    report = json.loads(run("bench", "compact-agreement", "--data", data, "--json").stdout)
    assert report["overall"]["rows"] > 4000
    assert report["overall"]["balanced_accuracy"]["value"] >= 0.93
