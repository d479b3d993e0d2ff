"""The leaderboard: results that can be replayed, and what is refused."""

import json
import re
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from forgegym.agents.agent import load_agent
from forgegym.benchmarks.evaluate import EvaluationConfig, evaluate_into, play, source_sha256
from forgegym.benchmarks.leaderboard import verify as verifying
from forgegym.benchmarks.leaderboard.entries import SHIPPED, board_title, find_folders, read_entry
from forgegym.benchmarks.leaderboard.page import build, embedded
from forgegym.benchmarks.leaderboard.verify import Outcome, Verification, verify
from forgegym.benchmarks.summary import summarise
from forgegym.cli import app

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
    path = folder / "rows.jsonl"
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    rows[index] |= changes
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    summary = json.loads((folder / "summary.json").read_text())
    summary["summary"] = summarise(rows).to_json()
    (folder / "summary.json").write_text(json.dumps(summary))


def row(folder: Path, index: int) -> dict:
    return json.loads((folder / "rows.jsonl").read_text().splitlines()[index])


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
    rows = [json.loads(line) for line in (copy / "rows.jsonl").read_text().splitlines()]
    for index in range(len(rows)):
        change(copy, index, toolchain="rustc 0.0.1")
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
    assert "line 1: there is no 'seed'" in rejection(copy)
    (copy / "rows.jsonl").write_text('{"ind')
    assert "cannot be read" in rejection(copy)


@pytest.mark.parametrize(
    "changes", [{"agent_error": {}}, {"agent_error": "crashed"}, {"cost": "much"}], ids=str
)
def test_an_odd_row_is_rejected_in_a_sentence(copy, changes):
    path = copy / "rows.jsonl"
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    path.write_text("".join(json.dumps({**row, **changes}) + "\n" for row in rows))
    (name,) = changes
    assert f"line 1: {name!r} is {changes[name]!r}" in rejection(copy)


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


def test_results_on_some_families_are_on_a_board_of_their_own(copy):
    whole = read_entry(copy).board
    settings(copy, families=["fold", "formula"])
    some = read_entry(copy).board
    assert some != whole
    assert "fold formula tasks" in board_title(some)


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
    assert not re.search(r"(src|href)=[\"'](?!#)", page.partition('id="data"')[0])
