"""The package by which verifiers (`adapters.verifiers`) finds an environment's tasks.

Apart from the door itself, so that it can be written where verifiers is not installed.
"""

from __future__ import annotations

from pathlib import Path

from .rows import check_new

_PYPROJECT = """\
[project]
name = "{name}"
version = "0.1.0"
description = "ForgeGym's {environment} for verifiers."
requires-python = ">=3.11"
dependencies = ["forgegym[verifiers]"]

[build-system]
requires = ["setuptools>=77"]
build-backend = "setuptools.build_meta"

[tool.setuptools]
py-modules = ["{module}"]
"""

_MODULE = '''\
"""ForgeGym's {environment} for verifiers: vf-eval {name}"""

import verifiers.v1 as vf
from forgegym.adapters.verifiers import (
    ForgeGymConfig,
    ForgeGymEnv,
    ForgeGymTask,
    ForgeGymTaskset,
)


class Config(ForgeGymConfig):
    environment: str = "{environment}"


class Tasks(ForgeGymTaskset, vf.Taskset[ForgeGymTask, Config]):
    pass


__all__ = ["ForgeGymEnv", "Tasks"]
'''


def write_package(env: str, out: Path) -> str:
    """Write the package for an environment into a folder that is new or empty, and return its name:
    after ``pip install OUT``, ``vf-eval NAME`` evaluates in it.

    Raises `ExportError` when `out` has something in it.
    """
    check_new(out)
    environment = env.removeprefix("forgegym:")
    name = f"forgegym-{environment.lower()}"
    module = name.replace("-", "_")
    out.mkdir(parents=True, exist_ok=True)
    names = {"name": name, "module": module, "environment": environment}
    (out / "pyproject.toml").write_text(_PYPROJECT.format(**names), encoding="utf-8")
    (out / f"{module}.py").write_text(_MODULE.format(**names), encoding="utf-8")
    return name
