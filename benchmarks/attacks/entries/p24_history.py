"""P24: the history of a repository, and sources that hold the answer.

Safe: there is neither a repository nor a package of ours in the box.
"""

from pathlib import Path

from ..programs import BLEND, blend_task, blend_that
from ..submissions import Court

SEARCHING = """\
import os
for folder, folders, files in os.walk({start!r}):
    folders[:] = [name for name in folders if folder != "/" or name not in ("proc", "sys")]
    for name in folders + files:
        if name in (".git", ".hg", "packed-refs", "rewards.py", "python_families", "programs.py"):
            raise ValueError("FOUND " + os.path.join(folder, name))
"""
ASKING = """\
import subprocess
raise ValueError("FOUND " + subprocess.run(["git", "log", "-p"], capture_output=True, check=True,
                                           text=True).stdout)
"""


def judge(court: Court) -> None:
    begin = [SEARCHING.format(start=start) for start in (".", "/opt", "/work", "/")]
    sources = [blend_that("return None", before) for before in (*begin, ASKING)]
    sources += [
        blend_that(f"raise ValueError('FOUND ' + open({str(file)!r}).read())")
        for file in (*court.bait.files, Path(__file__).resolve().parents[3] / "envs/rewards.py")
    ]
    for verdict in court.unpaid(blend_task(), BLEND, *sources):
        told = " ".join(map(str, verdict.diagnostics))
        court.check("FOUND" not in told, f"something was found: {told}")
