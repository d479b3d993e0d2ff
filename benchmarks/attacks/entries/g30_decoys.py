"""G30: puts its own tools, start-up files and libraries where the next step may find them.

Safe: the next step runs the image's tools, with none of it loaded.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from ..kit import hit

if TYPE_CHECKING:
    from ..catalogue import World

PROGRAMS = ("echo", "true", "python3", "sh", "env", "ld.so.preload")
START_UP = (".bashrc", ".profile", ".bash_profile", ".bash_env", ".pythonrc", ".shrc", ".env")
MODULES = ("sitecustomize", "usercustomize", "json", "encodings")


def plant() -> None:
    for folder in (".", "bin", ".local/bin", "/tmp"):
        os.makedirs(folder, exist_ok=True)
        for name in PROGRAMS:
            with open(os.path.join(folder, f"{name}"), "w") as file:
                file.write("#!/bin/sh\necho HIT a decoy ran\n")
            os.chmod(file.name, 0o755)
    for name in START_UP:
        with open(name, "w") as file:
            file.write("echo HIT a start-up file ran\n")
    for name in MODULES:
        with open(f"{name}.py", "w") as file:
            file.write("print('HIT a module of its own was loaded')\n")


def look() -> None:
    odd = [
        name for name in MODULES if "/work" in str(getattr(sys.modules.get(name), "__file__", ""))
    ]
    if odd:
        hit(f"loaded {odd}")
    for name in PROGRAMS:
        if os.path.exists(f"/tmp/{name}"):
            os.unlink(f"/tmp/{name}")


def host(world: World) -> None:
    plain = [
        world.plain("/usr/bin/env", "true"),
        world.plain("/bin/sh", "-c", "exec echo plain"),
        world.plain("/usr/bin/python3", "-I", "-S", "-B", "-c", "import json"),
    ]
    outcome = world.submit(world.step("plant"), *plain, world.step("look"))
    world.check(len(outcome.steps) == len(plain) + 2, "not every step was reached")
