"""Jobs as plain processes of this machine: no sandbox, for those who ask for none by name.

The same supervisor and the same protocol, with time, output, file and memory limits; but a program
has the network, every file and every process of the user who runs this. For trusted programs only.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Sequence
from pathlib import Path

from .base import Profile, UnsafeRefusedError
from .box import Box
from .bubblewrap import ProcessTransport
from .janitor import Janitor
from .pool import MAX_USES, Pool, Reuse

PACKAGE_PARENT = str(Path(__file__).resolve().parent)
SUPERVISOR = "import sys; sys.path.insert(0, {!r}); from supervisor.serve import main; main()"
READY_SECONDS = 10.0


class UnsafeWarning(UserWarning):
    """Programs run on this machine without a sandbox."""


def open_unsafe(
    *,
    allow_unsafe: bool = False,
    profile: Profile | None = None,
    size: int | None = None,
    reuse: Reuse = "proven",
    max_uses: int = MAX_USES,
    path: Sequence[str] = (),
    user: int | None = None,
) -> Pool:
    """Plain processes behind the contract of a sandbox. Warns with `UnsafeWarning`.

    `user`: the uid that jobs run as, which takes root (None: this process's own).

    Raises `UnsafeRefusedError` unless `allow_unsafe`.
    """
    if not allow_unsafe:
        raise UnsafeRefusedError(
            'sandbox="unsafe" runs programs on this machine without any sandbox; '
            "say allow_unsafe=True if they are trusted"
        )
    warnings.warn(
        "programs run on this machine without a sandbox (allow_unsafe=True)",
        UnsafeWarning,
        stacklevel=3,
    )
    chosen = profile or Profile()
    janitor = Janitor()

    def open_box() -> Box:
        opened = time.monotonic()
        folder = Path(tempfile.mkdtemp(prefix=f"forgegym-unsafe-{os.getpid()}-"))
        (folder / "work").mkdir()
        (folder / "tmp").mkdir()
        if user is not None:
            for place in (folder, folder / "work", folder / "tmp"):
                os.chown(place, user, user)
        command = [
            sys.executable, "-I", "-S", "-B", "-c", SUPERVISOR.format(PACKAGE_PARENT),
            "--work", str(folder / "work"), "--places", str(folder / "tmp"),
            "--lifetime", str(chosen.lifetime), "--path", ":".join(path),
            "--watch-memory", str(chosen.memory_bytes),
            *(() if user is None else ("--uid", str(user))),
        ]  # fmt: skip
        try:
            process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                cwd="/",
                env={"PATH": os.defpath},
                start_new_session=True,
            )
        except OSError:
            shutil.rmtree(folder)
            raise
        transport = ProcessTransport(process, janitor, folder=folder, gently=True)
        box = Box(transport, opened=opened)
        box.ready(READY_SECONDS)
        return box

    return Pool(
        open_box,
        name="unsafe",
        size=size or os.cpu_count() or 1,
        reuse=reuse,
        max_uses=max_uses,
        on_close=janitor.close,
    )
