"""Tasks in Harbor's format (https://www.harborframework.com/docs/tasks, schema 1.4).

Harbor builds `environment/`, lets an agent work in it, takes ``/app/solution.*`` out, and judges it
in a second container that the agent has never seen (``environment_mode = "separate"``), built from
`tests/`, whose script leaves the reward in ``/logs/verifier/reward.txt``. In `tests/` are the task
record with its hidden cases, and a wheel of ForgeGym, whose verifier judges; the agent's side has
neither. `grade` is what runs there.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from .. import __version__
from ..agents.template import TemplateAgent
from ..envs.code_env import TaskSource
from ..envs.rewards import reward_function, solved
from ..envs.tasks import compact, python, rust, verilog
from ..verifiers.compact.toolchain import CompactVerifier
from ..verifiers.task import Task
from ..verifiers.verifier import ChoiceError
from .rows import ExportError, check_new, draw_tasks, language

BASE = "debian:trixie-slim"
# Of BASE. Wheels of others would not fit its interpreter.
BASE_PYTHON = ("3.13", "manylinux_2_28_x86_64", "manylinux2014_x86_64")
# A contract of the template generator has what was asked for in three draws of four.
_DRAWS = 64


@dataclass(frozen=True, slots=True)
class Language:
    """Its tasks, where a program lies, what its tools are called in Debian, and what the verifier
    of the environment is made with."""

    tasks: TaskSource
    file: str
    packages: tuple[str, ...] = ()
    options: tuple[tuple[str, str], ...] = ()


LANGUAGES = {
    "compact": Language(compact, "solution.compact", (), (("toolchain", "frontend"),)),
    "python": Language(python, "solution.py", ("python3",)),
    "rust": Language(rust, "solution.rs", ("gcc", "libc6-dev", "rustc")),
    "verilog": Language(verilog, "solution.v", ("iverilog", "verilator", "yosys")),
}

# Whose answers are no programs for a task: what grades a folder judges programs.
_UNGRADED = {"PythonTests-v0": "its answers are tests"}

_TOML = """\
schema_version = "1.4"
artifacts = [{program}]

[task]
name = {name}
description = {description}
keywords = [{language}, "code-generation"]

[metadata]
environment = {environment}
task_id = {task_id}
task_key = {task_key}
family = {family}
split = {split}
difficulty = {difficulty}
reward = {reward}
licence = {licence}
provenance = {provenance}
forgegym = {version}

[agent]
timeout_sec = 900.0

[environment]
build_timeout_sec = 1800.0
cpus = 1
memory_mb = 2048

[verifier]
timeout_sec = 300.0
environment_mode = "separate"

[verifier.environment]
build_timeout_sec = 1800.0
network_mode = "no-network"
cpus = 1
memory_mb = 2048
"""

_ENVIRONMENT = f"""\
FROM {BASE}
{{install}}WORKDIR /app
"""

# The program is compiled and run as `nobody`, who may read neither the task nor ForgeGym, but for
# the driver that runs beside Python's. What all tasks have in common is built once: it comes first.
_TESTS = f"""\
FROM {BASE}
RUN apt-get update \\
 && apt-get install -y --no-install-recommends python3 python3-venv \\
 && rm -rf /var/lib/apt/lists/*
COPY wheels /opt/wheels
RUN python3 -m venv /opt/pip \\
 && /opt/pip/bin/pip install --no-cache-dir --no-compile --target /opt/forgegym \\
    {{index}}--find-links /opt/wheels {{wheel}} \\
 && rm -rf /opt/pip \\
 && chmod -R go-rwx /opt/forgegym /opt/wheels \\
 && cd /opt/forgegym \\
 && chmod 711 . forgegym forgegym/verifiers forgegym/verifiers/python \\
 && chmod 644 forgegym/verifiers/python/driver.py
{{install}}RUN find / -xdev -type f -perm /6000 -exec chmod a-s {{{{}}}} +
COPY task.json test.sh /tests/
RUN chmod 700 /tests
"""

_INSTALL = """\
RUN apt-get update \\
 && apt-get install -y --no-install-recommends {packages} \\
 && rm -rf /var/lib/apt/lists/*
"""

_TEST = """\
#!/bin/sh
# No reward is left where the machine fails: that is no answer to the task.
PYTHONPATH=/opt/forgegym exec python3 -m forgegym.adapters.harbor_grade \\
  /tests/task.json /app/{file} /logs/verifier
"""

_SOLVE = """\
#!/bin/sh
cp "$(dirname "$0")/{file}" /app/{file}
"""

_INSTRUCTION = """\
{prompt}
Write the whole {language} source into `/app/{file}`. That file alone is judged, elsewhere, when you
have finished.
"""


def export(
    env: str,
    out: Path,
    tasks: int,
    *,
    split: str = "eval",
    seed: int = 0,
    reward: str = "binary",
    wheel: Path | None = None,
    offline: bool = False,
) -> list[Path]:
    """Write `tasks` different tasks of an environment into folders in `out`; returns the folders.

    Args:
        env: The environment's id.
        out: A folder that is new or empty.
        tasks: How many.
        split: ``"train"`` or ``"eval"``.
        seed: The same seed draws the same tasks.
        reward: A preset's name, whose pay is the reward.
        wheel: One of this version of ForgeGym (None: built from the sources that this is).
        offline: Put the wheels of all that it needs beside it, so that building the tests' image
            asks no package index.

    Compact is judged by the embedded front end: compactc is not ours to pass on. A task without a
    reference has a solution where the template generator finds one.

    Raises:
        ExportError: `out` has something in it, or there is no wheel and it cannot be built.
        ChoiceError: There is no such environment, split or reward, or it has fewer tasks.
    """
    if why := _UNGRADED.get(_bare(env)):
        raise ChoiceError(f"{env} cannot be exported to Harbor: {why}, and programs are graded")
    reward_function(reward, language(env))
    check_new(out)
    chosen = draw_tasks(LANGUAGES[language(env)].tasks, tasks, split=split, seed=seed)
    with _wheels(wheel, offline=offline) as wheels:
        out.mkdir(parents=True, exist_ok=True)
        return [_write(out, env, task, reward, wheels, offline=offline) for task in chosen]


def task_record(env: str, task: Task, reward: str) -> dict[str, Any]:
    """What `harbor_grade` judges by, as JSON data."""
    record = {f.name: getattr(task, f.name) for f in fields(task) if f.init}
    options = {**_made_with(env), "reward": reward}
    return {"environment": _bare(env), "options": options, "task": record, "key": task.key}


def _write(out: Path, name: str, task: Task, reward: str, wheels: Path, *, offline: bool) -> Path:
    folder = out / task.id.replace("/", "-")
    about = LANGUAGES[language(name)]
    for part in ("environment", "tests/wheels"):
        (folder / part).mkdir(parents=True)
    quoted = {
        "program": f"/app/{about.file}",
        "name": f"forgegym/{folder.name}",
        "description": f"ForgeGym's task {task.id}",
        "language": task.language,
        "environment": _bare(name),
        "task_id": task.id,
        "task_key": task.key,
        "family": task.family,
        "split": task.split,
        "difficulty": task.difficulty,
        "reward": reward,
        "licence": task.licence,
        "provenance": task.provenance,
        "version": __version__,
    }
    # A basic string of TOML is one of JSON.
    settings = {key: json.dumps(value, ensure_ascii=False) for key, value in quoted.items()}
    packages = " ".join(about.packages)
    install = _INSTALL.format(packages=packages) if packages else ""
    index = "--no-index " if offline else ""
    tests = _TESTS.format(index=index, wheel=f"forgegym=={__version__}", install=install)
    texts = {
        "task.toml": _TOML.format(**settings),
        "instruction.md": _INSTRUCTION.format(
            prompt=task.prompt.rstrip("\n") + "\n", language=task.language.title(), file=about.file
        ),
        "environment/Dockerfile": _ENVIRONMENT.format(install=install),
        "tests/Dockerfile": tests,
        "tests/test.sh": _TEST.format(file=about.file),
        "tests/task.json": json.dumps(task_record(name, task, reward), ensure_ascii=False),
    }
    solution = task.reference or _found(task)
    if solution is not None:
        (folder / "solution").mkdir()
        texts["solution/solve.sh"] = _SOLVE.format(file=about.file)
        texts[f"solution/{about.file}"] = solution
    for path, text in texts.items():
        (folder / path).write_text(text, encoding="utf-8")
        (folder / path).chmod(0o755 if path.endswith(".sh") else 0o644)
    for file in wheels.iterdir():
        _link(file, folder / "tests" / "wheels" / file.name)
    return folder


def _found(task: Task) -> str | None:
    """A contract of the template generator's that solves the task."""
    agent, verifier = TemplateAgent(), CompactVerifier("frontend")
    for seed in range(_DRAWS):
        (text,) = agent.generate([task.prompt], seeds=[seed])
        if solved(verifier.verify(task, text)):
            return text
    return None


def _bare(env: str) -> str:
    return env.removeprefix("forgegym:")


def _made_with(env: str) -> dict[str, str]:
    return dict(LANGUAGES[language(env)].options)


def _link(source: Path, target: Path) -> None:
    """The same file where a disk can, so that a hundred tasks hold one copy of their wheels."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)


# ---------------------------------------------------------------- wheels


@contextmanager
def _wheels(wheel: Path | None, *, offline: bool) -> Iterator[Path]:
    """A folder with ForgeGym's wheel, and those of what it needs."""
    with tempfile.TemporaryDirectory(prefix="forgegym-wheels-") as place:
        folder = Path(place)
        if wheel is None:
            wheel = _built(folder / "built")
        else:
            if not wheel.name.startswith(f"forgegym-{__version__}-") or wheel.suffix != ".whl":
                raise ExportError(f"{wheel} is no wheel of forgegym {__version__}")
            if not wheel.is_file():
                raise ExportError(f"there is no file {wheel}")
        (folder / "all").mkdir()
        shutil.copyfile(wheel, folder / "all" / wheel.name)
        if offline:
            version, *platforms = BASE_PYTHON
            _pip(
                "download", "--only-binary=:all:", "--python-version", version,
                *(f"--platform={name}" for name in (*platforms, "any")),
                "--dest", str(folder / "all"), str(wheel),
            )  # fmt: skip
        yield folder / "all"


def _built(folder: Path) -> Path:
    root = Path(__file__).resolve().parent.parent
    if not (root / "pyproject.toml").is_file():
        raise ExportError(
            "the tests need a wheel of ForgeGym, and this one has no sources to build it from; "
            "make one with `pip wheel --no-deps CHECKOUT`, and name it with --wheel"
        )
    # setuptools builds in the folder of the sources; not in a user's.
    sources = folder / "sources"
    unwanted = shutil.ignore_patterns(".*", "__pycache__", "build", "dist", "runs", "*.egg-info")
    shutil.copytree(root, sources, ignore=unwanted)
    _pip("wheel", "--no-deps", "--wheel-dir", str(folder), str(sources))
    return next(folder.glob("*.whl"))


def _pip(*arguments: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pip", *arguments], capture_output=True, text=True, check=False
    )
    if done.returncode:
        last = (done.stderr.strip() or done.stdout.strip()).splitlines()[-1:]
        raise ExportError(f"pip {arguments[0]} failed: {' '.join(last)}")
