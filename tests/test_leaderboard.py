"""The leaderboard: results that can be replayed, and what is refused."""

import json
import re
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from forgegym.agents.agent import load_agent
from forgegym.benchmarks.evaluate import evaluate_into, play, read_rows
from forgegym.benchmarks.evaluation_config import EvaluationConfig
from forgegym.benchmarks.evaluation_rows import source_sha256
from forgegym.benchmarks.leaderboard import page as page_module
from forgegym.benchmarks.leaderboard import verify as verifying
from forgegym.benchmarks.leaderboard.entries import SHIPPED, find_folders, read_entry
from forgegym.benchmarks.leaderboard.page import build, data, embedded
from forgegym.benchmarks.leaderboard.verify import Outcome, Verification, verify
from forgegym.benchmarks.summary import summarise
from forgegym.cli import app

PAGE = Path(page_module.__file__).parent
ENVIRONMENTS = {
    "CompactContract-v0", "PythonReasoning-v0", "PythonTests-v0", "RustCode-v0", "VerilogModule-v0",
}  # fmt: skip


@pytest.fixture(scope="module")
def results(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("results") / "template"
    config = EvaluationConfig("CompactContract-v0", "template", 12, toolchain="frontend", turns=2)
    evaluate_into(folder, load_agent("template"), config)
    return folder


@pytest.fixture
def copy(results, tmp_path) -> Path:
    return Path(shutil.copytree(results, tmp_path / "entry"))


def change(folder: Path, index: int, **changes) -> None:
    """Rewrite one row, and the summary so that it follows from the rows."""
    rows = rows_of(folder)
    rows[index] |= changes
    write(folder, rows)


def rows_of(folder: Path) -> list[dict]:
    return [json.loads(line) for line in (folder / "rows.jsonl").read_text().splitlines()]


def write(folder: Path, rows: list[dict]) -> None:
    """These rows, and a summary that follows from them."""
    (folder / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    summary = json.loads((folder / "summary.json").read_text())
    summary["summary"] = summarise(rows).to_json()
    (folder / "summary.json").write_text(json.dumps(summary))


def row(folder: Path, index: int) -> dict:
    return rows_of(folder)[index]


def settings(folder: Path, **changes) -> None:
    path = folder / "config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


def rejection(folder: Path) -> str:
    verification = verify(folder)
    assert verification.outcome is Outcome.REJECTED
    return str(verification)


# ---------------------------------------------------------------- verifying


def test_an_entry_that_is_as_it_was_is_verified(copy):
    verification = verify(copy)
    assert (verification.outcome, verification.replayed) == (Outcome.VERIFIED, 12)


def replayed(monkeypatch, folder: Path, **options) -> tuple[list[int], Verification]:
    """The episodes that are replayed, and what came of it."""
    chosen: list[int] = []

    def watched(ask, config, indices, **rest):
        chosen.extend(indices)
        return play(ask, config, indices, **rest)

    with monkeypatch.context() as patched:
        patched.setattr(verifying, "play", watched)
        return chosen, verify(folder, **options)


def test_nobody_knows_beforehand_which_episodes_a_sample_replays(copy, monkeypatch):
    samples = {tuple(replayed(monkeypatch, copy, sample=5)[0]) for _ in range(8)}
    assert len(samples) > 1
    assert all(len(set(sample)) == 5 for sample in samples)


def test_a_sample_can_be_repeated_and_is_not_called_a_whole_pass(copy, monkeypatch):
    first, verification = replayed(monkeypatch, copy, sample=5)
    assert verification.outcome is Outcome.SAMPLED
    seed = verification.sample_seed
    told = f"sample verified: 5 of 12 episodes replayed (drawn with the seed {seed})"
    assert str(verification) == told
    again, repeated = replayed(monkeypatch, copy, sample=5, sample_seed=seed)
    assert (again, repeated) == (first, verification)
    assert verify(copy, sample=12).outcome is Outcome.VERIFIED
    command = ["leaderboard", "verify", str(copy)]
    done = CliRunner().invoke(app, [*command, "--sample", "5", "--sample-seed", str(seed)])
    assert done.exit_code == 0
    assert told in done.stdout
    assert CliRunner().invoke(app, [*command, "--sample-seed", "1"]).exit_code == 2


def test_one_changed_character_of_a_program_is_rejected(copy):
    source = row(copy, 3)["source"]
    change(copy, 3, source=source.replace("circuit", "Circuit", 1))
    assert "episode 3: the program is not the one whose sha256 it gives" in rejection(copy)


def test_a_changed_program_with_its_hash_is_judged_and_rejected(copy):
    changed = row(copy, 3)["source"].replace("circuit", "Circuit", 1)
    change(copy, 3, source=changed, sha256=source_sha256(changed))
    assert "episode 3: " in rejection(copy)


def test_a_changed_reward_is_rejected(copy):
    reward = row(copy, 4)["reward"]
    change(copy, 4, reward=reward + 0.5)
    assert f"episode 4: reward is {reward + 0.5}, and replayed {reward}" in rejection(copy)


def test_a_changed_component_or_message_is_rejected(copy):
    change(copy, 4, components={"compile": 0.5})
    assert "components" in rejection(copy)


def test_a_changed_seed_is_rejected(copy):
    change(copy, 5, seed=row(copy, 5)["seed"] + 1)
    assert "episode 5: its seed" in rejection(copy)


def test_the_seed_of_another_evaluation_is_rejected(copy):
    settings(copy, seed=1)
    assert "does not follow from the seed 1" in rejection(copy)


def test_a_changed_toolchain_of_a_row_is_rejected(copy):
    change(copy, 6, toolchain="compactc 0.31.1")
    assert "episode 6: judged by compactc 0.31.1, and the entry by" in rejection(copy)


def test_an_entry_of_a_toolchain_that_is_not_here_never_passes(copy):
    write(copy, [{**row, "toolchain": "rustc 0.0.1"} for row in rows_of(copy)])
    settings(copy, resolved_toolchain="rustc 0.0.1")
    verification = verify(copy)
    assert verification.outcome is Outcome.UNAVAILABLE
    assert "judged by rustc 0.0.1; the toolchain of this machine is" in str(verification)


def test_another_task_is_rejected(copy):
    change(copy, 2, task_id=row(copy, 1)["task_id"], task_key=row(copy, 1)["task_key"])
    assert "episode 2: its task is not" in rejection(copy)


def test_a_left_out_episode_is_rejected(copy):
    lines = (copy / "rows.jsonl").read_text().splitlines(keepends=True)
    (copy / "rows.jsonl").write_text("".join(lines[:7] + lines[8:]))
    assert "11 episodes are there, not each of the 12" in rejection(copy)


def test_a_summary_that_does_not_follow_is_rejected(copy):
    document = json.loads((copy / "summary.json").read_text())
    document["summary"]["mean_reward"]["value"] += 1
    (copy / "summary.json").write_text(json.dumps(document))
    assert "its summary's mean_reward does not follow from its rows" in rejection(copy)


def test_a_broken_file_is_rejected_in_a_sentence(copy):
    (copy / "rows.jsonl").write_text('{"index": 0}\n')
    assert "line 1: there is no 'source'" in rejection(copy)
    (copy / "rows.jsonl").write_text('{"ind')
    assert "line 1: Unterminated string" in rejection(copy)


ODD_ROWS = [
    {"agent_error": {}}, {"agent_error": "crashed"}, {"agent_error": {"kind": "x", "message": ""}},
    {"cost": "much"}, {"seconds": {}}, {"seconds": {"agent": -1.0, "judging": 0.0}}, {"tests": {}},
    {"tests": {"public": [1, 2], "hidden": [3, 2]}}, {"tests": {"public": [1], "hidden": [1, 2]}},
    {"attempts": 5}, {"attempts": [{}]}, {"complexity": "x"}, {"complexity": True},
    {"decisions": None}, {"decisions": {"if": "x"}}, {"structures": [1]},
    {"components": {"a": "x"}}, {"diagnostics": ["x"]}, {"diagnostics": [{"severity": "dire"}]},
    {"reward": float("nan")}, {"reward": 1e300}, {"index": -1}, {"failure": "x"},
    {"turns": 10**12}, {"turns": 0},
]  # fmt: skip
ODD_SETTINGS = [
    {"families": 5}, {"reward": {}}, {"env": []}, {"env": "Nope-v0"}, {"turns": "x"}, {"turns": 0},
    {"samples": "x"}, {"samples": 0}, {"budget": 0}, {"budget": 1}, {"split": "test"},
    {"samples": 10**12}, {"seed": None}, {"seed": -1}, {"tasks": "nope"}, {"tasks_from": 1},
    {"oracle": 1}, {"reward": "nope"}, {"families": ["nope"]}, {"tasks_digest": 1},
    {"toolchain": "nope"}, {"image": "sha256:lies"}, {"forgegym": "the best"}, {"agent": None},
    {"env": "RustCode-v0", "tasks": "open"},
]  # fmt: skip


@pytest.mark.parametrize("changes", ODD_ROWS, ids=str)
def test_an_odd_row_is_rejected_in_a_sentence(copy, changes):
    path = copy / "rows.jsonl"
    path.write_text("".join(json.dumps({**row, **changes}) + "\n" for row in rows_of(copy)))
    said = rejection(copy)
    assert "line 1: " in said
    assert next(iter(changes)) in said or "NaN" in said or "attempts" in said
    assert "\n" not in said


@pytest.mark.parametrize("changes", ODD_SETTINGS, ids=str)
def test_an_odd_configuration_is_rejected_in_a_sentence(copy, changes):
    settings(copy, **changes)
    assert "\n" not in rejection(copy)


@pytest.mark.parametrize(
    "text", ["[]", "7", "{", '{"summary": []}', '{"summary": {"samples": Infinity}}', "[" * 100_000]
)
def test_an_odd_summary_is_rejected_in_a_sentence(copy, text):
    (copy / "summary.json").write_text(text)
    assert "summary.json: " in rejection(copy)


def test_a_broken_folder_costs_the_others_nothing(copy, results, tmp_path):
    change(copy, 0, seconds={"agent": 0.0, "judging": 0.0}, source="\x1b]0;owned\x07")
    settings(copy, agent={})
    folders = [str(copy), str(results)]
    done = CliRunner().invoke(app, ["leaderboard", "show", "--no-shipped", "--json", *folders])
    assert done.exit_code == 1
    assert "left out: " in done.stderr
    assert [row["agent"] for board in json.loads(done.stdout) for row in board["rows"]] == [
        "template"
    ]
    page = tmp_path / "page.html"
    done = CliRunner().invoke(
        app, ["leaderboard", "report", "--no-shipped", "--out", str(page), *folders]
    )
    assert done.exit_code == 1
    assert page.exists()
    done = CliRunner().invoke(app, ["leaderboard", "verify", *folders])
    assert (done.exit_code, done.stdout.count("verified: 12 of 12")) == (1, 1)


HOSTILE = "[/b]\x1b[2K\r\x1b]0;owned\x07\nverified\u202e\x9b\ud83d\U000e0041"


def test_nothing_of_an_entry_reaches_the_terminal_but_text(copy):
    write(copy, [{**row, "toolchain": HOSTILE} for row in rows_of(copy)])
    settings(copy, resolved_toolchain=HOSTILE, agent=HOSTILE)
    for command in ("show", "verify"):
        for options in ([], ["--json"]):
            folders = [*(["--no-shipped"] if command == "show" else []), *options, str(copy)]
            done = CliRunner().invoke(app, ["leaderboard", command, *folders])
            assert done.exit_code == (0 if command == "show" else 3)
            said = done.stdout + done.stderr
            assert "owned" in said
            assert all(c.isprintable() or c == "\n" for c in said)
            assert not any(line.startswith("verified") for line in said.splitlines())
            if options and command == "show":
                assert json.loads(said)[0]["rows"][0]["agent"] == HOSTILE


@pytest.mark.parametrize("mark", ["\u2028", "\u2029", "\x85", "\x0b", "\x1c", "\r"])
def test_a_program_may_hold_what_some_take_for_the_end_of_a_line(tmp_path, mark):
    class Odd:
        name = "odd"

        def generate(self, prompts, *, seeds):
            return [f"export circuit f(): [] {{}} // {mark} x"] * len(prompts)

    config = EvaluationConfig("CompactContract-v0", "odd", 2, toolchain="frontend")
    evaluate_into(tmp_path, Odd(), config)
    assert len(read_rows(tmp_path)) == 2
    assert verify(tmp_path).outcome is Outcome.VERIFIED


def test_figures_that_are_newer_than_a_summary_are_not_asked_of_it(copy):
    document = json.loads((copy / "summary.json").read_text())
    del document["summary"]["agent_error_kinds"]
    (copy / "summary.json").write_text(json.dumps(document))
    assert verify(copy).outcome is Outcome.VERIFIED


def test_the_command_ends_with_what_it_found(copy):
    def verified(code: int) -> str:
        done = CliRunner().invoke(app, ["leaderboard", "verify", str(copy)])
        assert done.exit_code == code, done.output
        return done.stdout

    assert "verified: 12 of 12" in verified(0)
    change(copy, 0, reward=9.0)
    assert "rejected: episode 0" in verified(1)
    shutil.rmtree(copy)
    done = CliRunner().invoke(app, ["leaderboard", "verify", str(copy)])
    assert done.exit_code == 2
    assert "there is no results folder" in done.stderr


def test_an_agent_that_did_not_answer_has_earned_nothing_at_all(copy):
    error = {"kind": "crashed", "message": "x"}
    lied = {"complexity": 99, "compiled": True, "accepted": True, "components": {"compile": 50.0}}
    change(
        copy, 0, agent_error=error, turns=0, reward=0.0, solved=False, source="",
        sha256=source_sha256(""), stage="agent", **lied,
    )  # fmt: skip
    for name in lied:
        assert any(f"the agent did not answer, and its {name} is" in s for s in verify(copy).said)


class Stumbling:
    """Writes a contract that does not parse, and raises where it is asked again."""

    name = "stumbling"

    def generate(self, prompts, *, seeds):
        if any("does not parse" in prompt for prompt in prompts):
            raise RuntimeError("no")
        return ["circuit"] * len(prompts)


@pytest.fixture
def stumbled(tmp_path) -> Path:
    config = EvaluationConfig("CompactContract-v0", "stumbling", 3, toolchain="frontend", turns=3)
    evaluate_into(tmp_path / "stumbled", Stumbling(), config)
    return tmp_path / "stumbled"


def test_what_was_written_before_an_agent_failed_is_replayed(stumbled):
    assert [len(row["attempts"]) for row in rows_of(stumbled)] == [1, 1, 1]
    verification = verify(stumbled)
    assert (verification.outcome, verification.replayed) == (Outcome.VERIFIED, 3)
    attempt = row(stumbled, 1)["attempts"][0]
    change(stumbled, 1, attempts=[{**attempt, "accepted": True}])
    assert "episode 1: attempt 1: accepted is True, and replayed False" in rejection(stumbled)


def test_an_earlier_attempt_is_compared_whole(tmp_path):
    class Learner:
        name = "learner"

        def generate(self, prompts, *, seeds):
            good = load_agent("template").generate(prompts, seeds=seeds)
            return [
                text if "does not parse" in prompt else "circuit"
                for prompt, text in zip(prompts, good, strict=True)
            ]

    config = EvaluationConfig("CompactContract-v0", "learner", 2, toolchain="frontend", turns=2)
    evaluate_into(tmp_path, Learner(), config)
    assert verify(tmp_path).outcome is Outcome.VERIFIED
    (attempt,) = row(tmp_path, 0)["attempts"]
    change(tmp_path, 0, attempts=[{**attempt, "diagnostics": []}])
    assert "episode 0: attempt 1: diagnostics is []" in rejection(tmp_path)
    change(tmp_path, 0, attempts=[attempt] * 2, turns=3)
    assert "episode 0: " in rejection(tmp_path)


def test_a_field_that_no_evaluation_writes_is_rejected(copy):
    change(copy, 0, prompt="another prompt")
    assert "episode 0: prompt is another prompt, and replayed" in rejection(copy)


# ---------------------------------------------------------------- boards


def evaluated(folder: Path, samples: int, **options) -> Path:
    config = EvaluationConfig(
        "CompactContract-v0", "template", samples, toolchain="frontend", **options
    )
    evaluate_into(folder, load_agent("template"), config)
    return folder


def test_only_whole_passes_over_the_tasks_share_a_board(tmp_path):
    one, two = (read_entry(evaluated(tmp_path / str(n), n)).board for n in (80, 160))
    assert one == two
    assert one == read_entry(SHIPPED / "CompactContract-v0" / "constant").board
    best = evaluated(tmp_path / "best", 1)
    assert verify(best).outcome is Outcome.VERIFIED
    some = read_entry(best).board
    assert one < some
    assert "partial: the first 1 episodes" in some.title
    assert read_entry(evaluated(tmp_path / "more", 100)).board.covers


def test_a_budget_has_a_board_of_its_own_and_must_have_been_spent(tmp_path):
    free = read_entry(evaluated(tmp_path / "free", 80)).board
    folder = evaluated(tmp_path / "bound", 200, budget=80)
    assert verify(folder).outcome is Outcome.VERIFIED
    bound = read_entry(folder).board
    assert bound != free
    assert (bound.covers, bound.budget) == ("", 80)
    assert "80 programs in all" in bound.title
    write(folder, rows_of(folder)[:1])
    assert "79 programs of its budget are left: enough for another one" in rejection(folder)
    settings(folder, budget=1)
    assert verify(folder).outcome is Outcome.VERIFIED
    assert "partial" in read_entry(folder).board.title
    folder = evaluated(tmp_path / "spent", 4)
    settings(folder, budget=3)
    assert "4 programs were judged, and its budget is 3" in rejection(folder)


def test_of_the_training_split_the_same_episodes_are_compared(tmp_path):
    boards = [
        read_entry(evaluated(tmp_path / f"{n}-{seed}", n, split="train", seed=seed)).board
        for n, seed in ((3, 0), (3, 1), (4, 0))
    ]
    assert len(set(boards)) == 3
    assert "3 episodes of seed 1" in boards[1].title


def test_results_on_some_families_are_on_a_board_of_their_own(copy):
    whole = read_entry(copy).board
    settings(copy, families=["fold", "formula"])
    some = read_entry(copy).board
    assert some != whole
    assert "fold formula tasks" in some.title


def test_the_default_kind_of_tasks_is_the_same_by_its_name(copy):
    board = read_entry(copy).board
    settings(copy, tasks="open")
    assert read_entry(copy).board == board


def test_a_set_that_people_know_is_told_by_its_content_and_not_by_its_name(tmp_path):
    folder = Path(shutil.copytree(SHIPPED / "VerilogModule-v0" / "constant", tmp_path / "set"))
    settings(folder, tasks_from="verilog-eval:/nowhere/verilog-eval")
    verification = verify(folder)
    assert verification.outcome is Outcome.UNAVAILABLE
    assert "its set of tasks is not here: there is no folder" in str(verification)
    mine = read_entry(folder).board
    digest = json.loads((folder / "config.json").read_text())["tasks_digest"]
    assert mine.title.startswith(f"VerilogModule-v0, verilog-eval {digest[:8]} tasks")
    settings(folder, tasks_digest="f" * 64)
    assert read_entry(folder).board != mine


def test_the_tasks_own_references_are_no_agents(tmp_path):
    folder = Path(shutil.copytree(SHIPPED / "RustCode-v0" / "reference", tmp_path / "genius"))
    settings(folder, oracle=False, agent="genius")
    assert "110 of 110 programs are the tasks' own references" in rejection(folder)


# ---------------------------------------------------------------- what is shipped


def test_every_environment_has_baselines():
    entries = [read_entry(folder) for folder in find_folders([SHIPPED])]
    assert {entry.config.env for entry in entries} >= ENVIRONMENTS
    for env in ENVIRONMENTS:
        agents = {entry.config.agent for entry in entries if entry.config.env == env}
        assert {"random", "constant"} < agents
        assert agents & {"reference", "template"}
        assert any(agent.startswith("tiny") for agent in agents)


def test_a_folder_that_is_named_twice_is_there_once(monkeypatch):
    monkeypatch.chdir(SHIPPED)
    found = find_folders([SHIPPED, Path("RustCode-v0/tiny"), SHIPPED / "RustCode-v0"])
    assert found == find_folders([SHIPPED])


def test_the_shipped_compact_rows_replay():
    for folder in find_folders([SHIPPED / "CompactContract-v0"]):
        verification = verify(folder)
        assert verification.outcome is Outcome.VERIFIED, str(verification)


@pytest.mark.docker
@pytest.mark.parametrize("env", sorted(ENVIRONMENTS - {"CompactContract-v0"}))
def test_a_sample_of_the_shipped_rows_replays(env):
    for folder in find_folders([SHIPPED / env]):
        verification = verify(folder, sample=4)
        assert verification.outcome is Outcome.SAMPLED, str(verification)


def test_show_prints_a_table_for_each_toolchain():
    done = CliRunner().invoke(app, ["leaderboard", "show", "--json"])
    assert done.exit_code == 0
    boards = json.loads(done.stdout)
    judged = [(board["board"]["env"], board["board"]["toolchain"]) for board in boards]
    assert len(set(judged)) == len(judged) >= len(ENVIRONMENTS)
    for board in boards:
        oracles = [row["oracle"] for row in board["rows"]]
        assert oracles == sorted(oracles)  # last
    assert "(oracle)" in CliRunner().invoke(app, ["leaderboard", "show"]).stdout


# ---------------------------------------------------------------- the page


def test_data_cannot_end_its_element():
    text = embedded({"source": "</script><script>alert(1)</script><!--"})
    assert "<" not in text
    assert json.loads(text)["source"].startswith("</script>")


def test_the_page_may_ask_for_nothing(results):
    page = build([read_entry(results)])
    policy = re.search(r'Content-Security-Policy" content="(.*?)"', page)
    assert policy is not None
    assert policy[1].startswith("default-src 'none'")
    assert "unsafe" not in policy[1]
    head, _, rest = page.partition('id="data">')
    _, _, foot = rest.partition("</script>")
    assert not re.search(r"(src|href)\s*=\s*[\"'](?!#)", head + foot)
    # Data becomes text only, and nothing is fetched, in the script either.
    script = (PAGE / "page.js").read_text()
    assert script in foot
    for way in (
        "innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "srcdoc", "eval(",
        "createContextualFragment", "Function(", "fetch(", "XMLHttpRequest", "WebSocket",
        "EventSource", "sendBeacon", "import(", "Worker", "Image(", "window.open", "location",
        "postMessage", "javascript:", "url(",
    ):  # fmt: skip
        assert way not in script
    assert re.findall(r"\w+://[^\"'`\s]+", script) == ["http://www.w3.org/2000/svg"]
    assert not re.search(r"url\(|@import", (PAGE / "page.css").read_text())


def tasks_of(*folders: Path) -> dict[str, dict]:
    """What the page knows of tasks, by the agents that played them."""
    document = data([read_entry(folder) for folder in folders])
    return {
        f"{entry['agent']} {episode['index']}": document["tasks"][episode["task"]]
        for board in document["boards"]
        for entry in board["entries"]
        for episode in entry["episodes"]
    }


def test_what_is_shown_of_a_task_of_ours_is_what_we_say(copy, results):
    change(copy, 0, prompt="another prompt", family="another family")
    assert tasks_of(copy) == tasks_of(results)
    assert all(task["prompt"] for task in tasks_of(results).values())


def test_what_an_entry_says_of_its_tasks_is_said_of_its_own_episodes(tmp_path):
    honest, forged = (evaluated(tmp_path / name, 2, split="train") for name in ("a", "b"))
    settings(forged, agent="forger")
    change(forged, 0, prompt="another prompt")
    found = tasks_of(forged, honest)
    assert found["forger 0"]["prompt"] == "another prompt"
    assert found["template 0"]["prompt"] == row(honest, 0)["prompt"]
    assert "episode 0: prompt is another prompt" in rejection(forged)
