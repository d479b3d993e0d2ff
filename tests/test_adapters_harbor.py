"""Tasks in Harbor's format: what is in them, what judges them, and the way that Harbor goes."""

import json
import os
import subprocess
import uuid
from pathlib import Path

import pytest
from conftest import REQUIRED

from forgegym.adapters import harbor
from forgegym.adapters.harbor import LANGUAGES, export, task_record
from forgegym.adapters.harbor_grade import grade
from forgegym.adapters.rows import ExportError, begin, open_env
from forgegym.cli import app
from forgegym.envs.tasks import compact, python
from forgegym.verifiers.verifier import ChoiceError

ENVIRONMENTS = ("CompactContract-v0", "PythonReasoning-v0", "RustCode-v0", "VerilogModule-v0")
COMPACT, PYTHON = ENVIRONMENTS[:2]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """Of these sources, so that it is built once."""
    (folder,) = export(COMPACT, tmp_path_factory.mktemp("built") / "out", 1)
    (built,) = (folder / "tests" / "wheels").iterdir()
    return built


# ---------------------------------------------------------------- what is written


def test_a_task_is_a_folder_that_harbor_reads(wheel, tmp_path):
    tomllib = pytest.importorskip("tomllib", reason="Python 3.10 reads no TOML")
    folders = export(PYTHON, tmp_path / "out", 2, wheel=wheel)
    assert len(set(folders)) == 2
    for folder in folders:
        settings = tomllib.loads((folder / "task.toml").read_text())
        task = python.get(settings["metadata"]["task_id"])
        assert settings["schema_version"] == "1.4"
        assert settings["metadata"]["task_key"] == task.key
        assert settings["metadata"]["split"] == "eval"
        assert settings["artifacts"] == ["/app/solution.py"]
        assert settings["verifier"]["environment_mode"] == "separate"
        assert settings["verifier"]["environment"]["network_mode"] == "no-network"
        instruction = (folder / "instruction.md").read_text()
        assert instruction.startswith(task.prompt.rstrip("\n"))
        assert "/app/solution.py" in instruction
        assert (folder / "solution" / "solution.py").read_text() == task.reference
        for script in ("solution/solve.sh", "tests/test.sh"):
            assert os.access(folder / script, os.X_OK)
        assert [p.name for p in (folder / "tests" / "wheels").iterdir()] == [wheel.name]


def test_the_agents_side_has_neither_the_solution_nor_the_hidden_cases_nor_forgegym(
    wheel, tmp_path
):
    (folder,) = export(COMPACT, tmp_path / "out", 1, wheel=wheel)
    shown = [folder / "instruction.md", *(folder / "environment").rglob("*")]
    text = "".join(path.read_text() for path in shown)
    assert "forgegym" not in text.lower()
    assert (folder / "solution" / "solution.compact").read_text() not in text


def test_a_contract_that_solves_its_task_is_found_for_those_without_a_reference(wheel, tmp_path):
    folders = export(COMPACT, tmp_path / "out", 4, wheel=wheel)
    env = open_env(COMPACT, toolchain="frontend", reward="binary")
    for folder in folders:
        record = json.loads((folder / "tests" / "task.json").read_text())
        begin(env, record["task"]["id"], record["key"])
        assert record["task"]["reference"] is None
        assert env.step((folder / "solution" / "solution.compact").read_text())[1] == 1.0


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"wheel": Path("forgegym-0.0.1-py3-none-any.whl")}, ExportError, "is no wheel of forge"),
        ({"wheel": Path("forgegym-0.1.0-py3-none-any.whl")}, ExportError, "there is no file"),
        ({"reward": "much"}, ChoiceError, "unknown reward 'much'"),
        ({"split": "test"}, ChoiceError, "unknown split 'test'"),
    ],
)
def test_what_cannot_be_exported_is_one_sentence(options, error, message, tmp_path):
    with pytest.raises(error, match=message):
        export(COMPACT, tmp_path / "out", 1, **options)


def test_a_folder_with_something_in_it_is_left_alone(tmp_path):
    (tmp_path / "mine").write_text("")
    with pytest.raises(ExportError, match="not an empty folder"):
        export(COMPACT, tmp_path, 1)


def test_without_sources_it_is_said_how_to_make_a_wheel(tmp_path, monkeypatch):
    monkeypatch.setattr(harbor, "__file__", str(tmp_path / "forgegym" / "adapters" / "harbor.py"))
    with pytest.raises(ExportError, match=r"`pip wheel --no-deps CHECKOUT`.*--wheel"):
        export(PYTHON, tmp_path / "out", 1)


def test_the_command_writes_the_folders(wheel, tmp_path):
    from typer.testing import CliRunner

    out = tmp_path / "out"
    said = CliRunner().invoke(
        app,
        ["export", COMPACT, str(out), "--format", "harbor", "--tasks", "2", "--wheel", str(wheel)],
    )
    assert said.exit_code == 0, said.output
    assert len(list(out.iterdir())) == 2
    again = CliRunner().invoke(app, ["export", COMPACT, str(out), "--tasks", "2"])
    assert again.exit_code == 2


# ---------------------------------------------------------------- what judges


def record_of(env, task, reward="binary"):
    """As it comes out of `tests/task.json`."""
    return json.loads(json.dumps(task_record(env, task, reward)))


def test_a_contract_is_paid_as_the_environment_pays_it():
    task = compact.BASE_TASKS[0]
    record = record_of(COMPACT, task, "staged")
    assert grade(record, task.reference, user=None)[0] == 1.0
    assert grade(record, "export circuit f(): [] {}", user=None)[0] == pytest.approx(0.5)
    assert grade(record, "", user=None)[0] < 1.0


def test_a_record_that_was_changed_is_refused():
    record = record_of(COMPACT, compact.BASE_TASKS[0])
    record["task"]["requirements"] = {}
    with pytest.raises(ValueError, match="was changed"):
        grade(record, "", user=None)


def test_a_function_is_called_with_its_hidden_arguments():
    task = next(python.tasks())
    record = record_of(PYTHON, task)
    reward, about = grade(record, task.reference, user=None)
    assert reward == 1.0
    assert about["verdict"]["metrics"]["behaviour"] == 1.0
    assert grade(record, "", user=None)[0] == 0.0


# ---------------------------------------------------------------- the way that Harbor goes


def docker(*arguments, check=True):
    done = subprocess.run(["docker", *map(str, arguments)], capture_output=True, text=True)
    assert done.returncode == 0 or not check, done.stdout[-2000:] + done.stderr[-2000:]
    return done


class Trial:
    """One trial of Harbor's with a separate verifier, by the engine's own commands."""

    def __init__(self, folder: Path, place: Path) -> None:
        self.folder, self.place = folder, place
        record = json.loads((folder / "tests" / "task.json").read_text())
        self.file = LANGUAGES[record["task"]["language"]].file
        self.images = [self._build("environment"), self._build("tests")]

    def _build(self, part: str) -> str:
        name = f"forgegym-harbor-test:{uuid.uuid4().hex[:12]}"
        docker("build", "--quiet", "--tag", name, self.folder / part)
        return name

    def run(self, solve: bool, submission: str | None = None) -> float:
        """The reward after the oracle's solution, or after the agent has left `submission`."""
        handed_in = self.place / uuid.uuid4().hex
        agent = docker("run", "--detach", self.images[0], "sleep", "600").stdout.strip()
        try:
            if solve:
                docker("cp", self.folder / "solution", f"{agent}:/solution")
                docker("exec", agent, "/solution/solve.sh")
            docker("cp", f"{agent}:/app/{self.file}", handed_in, check=False)
        finally:
            docker("rm", "--force", agent)
        if submission is not None:
            handed_in.write_text(submission)
        judge = docker("run", "--detach", "--network", "none", self.images[1], "sleep", "600")
        judge = judge.stdout.strip()
        try:
            docker("exec", judge, "mkdir", "-p", "-m", "777", "/logs/verifier", "/app")
            if handed_in.exists():
                docker("cp", handed_in, f"{judge}:/app/{self.file}")
            docker("exec", judge, "/tests/test.sh")
            return float(docker("exec", judge, "cat", "/logs/verifier/reward.txt").stdout)
        finally:
            docker("rm", "--force", judge)

    def close(self) -> None:
        docker("rmi", "--force", *self.images)


def _need_images():
    if not REQUIRED & {"harbor", "all"}:
        pytest.skip("it builds images for minutes, from the network: FORGEGYM_REQUIRE=harbor")


@pytest.mark.docker
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("env", ENVIRONMENTS)
def test_the_solution_passes_and_an_empty_submission_fails_in_the_containers(env, wheel, tmp_path):
    _need_images()
    trials = []
    try:
        for folder in export(env, tmp_path / "out", 3, wheel=wheel, offline=True):
            trials.append(Trial(folder, tmp_path))
            paid = [trials[-1].run(True), trials[-1].run(False), trials[-1].run(False, "")]
            assert paid == [1.0, 0.0, 0.0], folder.name
    finally:
        for trial in trials:  # not before: their layers are the next one's
            trial.close()


@pytest.mark.docker
@pytest.mark.timeout(3600)
def test_a_program_can_neither_read_the_task_nor_write_the_reward(wheel, tmp_path):
    """Each attempt is followed by the task's own solution, so that it is paid if it gets away."""
    _need_images()
    (folder,) = export(PYTHON, tmp_path / "out", 1, wheel=wheel, offline=True)
    solution = (folder / "solution" / "solution.py").read_text()
    paid = {
        "import os\nassert os.getuid() == 65534": 1.0,
        "open('/tests/task.json').read()": 0.0,
        "import os\nos.listdir('/opt/forgegym')": 0.0,
        "open('/logs/verifier/reward.txt', 'w').write('1')": 0.0,
        "import socket\nsocket.create_connection(('1.1.1.1', 53), 1)": 0.0,
    }
    # What it leaves behind waits until the reward is there, and then writes its own.
    behind = (
        "import os, time\n"
        "if os.fork() == 0:\n"
        "    os.setsid()\n"
        "    if os.fork():\n"
        "        os._exit(0)\n"
        "    for _ in range(100):\n"
        "        time.sleep(0.1)\n"
        "        try:\n"
        "            open('/logs/verifier/reward.txt', 'w').write('1')\n"
        "        except OSError:\n"
        "            pass\n"
        "raise SystemExit\n"
    )
    trial = Trial(folder, tmp_path)
    try:
        for attempt, wanted in paid.items():
            assert trial.run(False, f"{attempt}\n\n{solution}") == wanted, attempt
        assert trial.run(False, behind) == 0.0
    finally:
        trial.close()
