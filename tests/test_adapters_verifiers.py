"""PrimeIntellect's verifiers (0.4) in our environments, by their own command, against a server."""

import importlib.metadata
import json
import os
import re
import shlex
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import gymnasium
import pytest
from conftest import ROOT, missing

import forgegym  # noqa: F401  (registers)
from forgegym.adapters.packages import write_package
from forgegym.adapters.rows import ExportError

ID = "CompactContract-v0"
BAD = "export ledger a: Countr;\n"
GOOD = "export circuit f(x: Field): Field { return x; }\n"


@pytest.fixture(scope="module")
def vf_eval():
    # Not by importing: `python -m pytest` would find our folder of that name.
    try:
        importlib.metadata.version("verifiers")
    except importlib.metadata.PackageNotFoundError:
        missing("verifiers", "verifiers is not installed")
    programs = Path(sys.executable).parent
    # What its harness does first, for the packages of the program that asks the model.
    script = ["uv", "run", "--no-project", "--no-config", "--with", "httpx", "python", "-c", ""]
    path = f"{programs}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path}
    try:
        subprocess.run(script, env=environment, capture_output=True, timeout=300, check=True)
    except (OSError, subprocess.SubprocessError) as error:
        missing("verifiers", f"uv cannot install packages here ({error})")
    return programs / "vf-eval"


class Model:
    """An OpenAI-compatible server: `BAD` first, and `GOOD` to whoever has heard of it."""

    def __init__(self) -> None:
        self.asked: list[dict] = []
        model = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                model.asked.append(request)
                turns = sum(message["role"] == "user" for message in request["messages"])
                text = BAD if turns == 1 else f"So:\n```compact\n{GOOD}```\n"
                delta = {"role": "assistant", "content": text}
                choice = {"index": 0, "finish_reason": "stop", "delta": delta}
                usage = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}
                chunk = {"id": "1", "object": "chat.completion.chunk", "created": 0, "model": "m",
                         "choices": [choice], "usage": usage}  # fmt: skip
                assert request["stream"]
                self.send_response(200)
                self.send_header("Content-Type", "text/event-stream")
                self.end_headers()
                self.wfile.write(f"data: {json.dumps(chunk)}\n\ndata: [DONE]\n\n".encode())

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}/v1"

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def model():
    made = Model()
    yield made
    made.close()


def page_options(model):
    """What docs/trainers.md gives to `vf-eval`, but for the address and the number of tasks."""
    page = (ROOT / "docs" / "trainers.md").read_text(encoding="utf-8")
    (line,) = re.findall(r"^\$ vf-eval \S+ (.*)$", page, re.M)
    changed = line.replace("http://localhost:8000/v1", model.url).replace(".n 20", ".n 3")
    assert model.url in changed
    return shlex.split(changed)


def evaluate(vf_eval, model, folder, *options, **environment):
    """The episodes that `vf-eval` has written, after it has run in `folder` as the page says."""
    name = write_package(ID, folder / "package")
    places = [str(folder / "package"), *os.environ.get("PYTHONPATH", "").split(os.pathsep)]
    environment = {
        **os.environ, **environment, "PYTHONPATH": os.pathsep.join(places), "NO_KEY": "none",
        "PATH": f"{vf_eval.parent}{os.pathsep}{os.environ['PATH']}",
    }  # fmt: skip
    done = subprocess.run(
        [vf_eval, name, *page_options(model), "--client.api-key-var", "NO_KEY", "--no-push",
         "--no-rich", "--output-dir", folder / "out", "--run.name", "run",
         "--env.taskset.reward", "staged", *options],
        cwd=folder, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    lines = (folder / "out" / "run" / "traces.jsonl").read_text().splitlines()
    return [json.loads(line) for line in lines]


def played(task_id, programs):
    """What our own environment says to the model, and what it pays for the last program."""
    env = gymnasium.make(ID, toolchain="frontend", reward="staged", max_turns=len(programs))
    observation, _ = env.reset(options={"task": task_id})
    heard = []
    for source in programs:
        heard.append(observation)
        observation, reward, _, _, info = env.step(source)
    return heard, reward, info


@pytest.mark.timeout(900)
@pytest.mark.parametrize(
    ("options", "programs"),
    [((), [BAD, GOOD]), (("--env.taskset.turns", "1"), [BAD])],
    ids=["two turns", "one turn"],
)
def test_vf_eval_pays_what_step_pays(vf_eval, model, tmp_path, options, programs):
    episodes = evaluate(vf_eval, model, tmp_path, "--env.taskset.toolchain", "frontend", *options)
    assert len({episode["task"]["data"]["id"] for episode in episodes}) == 3
    for episode in episodes:
        (trace,) = episode["traces"]
        heard, reward, info = played(episode["task"]["data"]["id"], programs)
        assert episode["ok"], episode["errors"]
        assert trace["rewards"] == {"reward": {"score": reward, "weight": 1.0}}
        assert trace["metrics"] == {
            "solved": float(info["solved"]),
            "turns": float(len(programs)),
            **info["components"],
        }
        said = [node["message"] for node in trace["nodes"]]
        assert [m["content"] for m in said if m["role"] == "user"] == heard


@pytest.mark.timeout(900)
def test_a_machine_that_breaks_leaves_no_reward(vf_eval, model, tmp_path):
    """The compiler fails on whatever it is given."""
    compiler = tmp_path / "compactc"
    compiler.write_text(
        "#!/bin/sh\n"
        'for option; do case "$option" in\n'
        "  --version) echo 0.31.1; exit 0;;\n"
        "  --language-version) echo 0.23.0; exit 0;;\n"
        "esac; done\n"
        "exit 254\n"
    )
    compiler.chmod(0o755)
    episodes = evaluate(
        vf_eval, model, tmp_path, "--env.taskset.toolchain", "compactc",
        "--env.taskset.sandbox", "unsafe", "--env.taskset.allow-unsafe",
        FORGEGYM_COMPACTC=str(compiler),
    )  # fmt: skip
    assert len(episodes) == 3
    for episode in episodes:
        assert not episode["ok"]
        assert "trivial contract" in json.dumps(episode["errors"])
        assert all(trace["rewards"] == {} for trace in episode["traces"])


@pytest.mark.timeout(900)
def test_a_model_that_does_not_answer_is_not_paid(vf_eval, model, tmp_path):
    model.close()
    episodes = evaluate(vf_eval, model, tmp_path, "--env.taskset.toolchain", "frontend")
    assert len(episodes) == 3
    for episode in episodes:
        assert not episode["ok"]
        assert all(trace["rewards"] == {} for trace in episode["traces"])


def test_the_package_is_written_into_new_folders_only(tmp_path):
    out = tmp_path / "package"
    assert write_package(ID, out) == "forgegym-compactcontract-v0"
    assert {file.name for file in out.iterdir()} == {
        "pyproject.toml",
        "forgegym_compactcontract_v0.py",
    }
    with pytest.raises(ExportError, match="not an empty folder"):
        write_package(ID, out)
