"""P16: functions taken back that a guard in Python has removed.

Safe: no guard of that kind is relied on: what the kernel allows is little, and enough to fail.
"""

from ..programs import BLEND, blend_task, blend_that
from ..submissions import Court

SOURCES = [
    blend_that(body)
    for body in (
        "import importlib, os\nimportlib.reload(os)\nos.system('true')\nreturn None",
        "import posix\nposix.system('kill -9 -1')\nreturn None",
        "import posix\nposix.execv('/bin/true', ['true'])\nreturn None",
        "import _posixsubprocess\nreturn None",
        "import subprocess\nreturn subprocess.run(['/bin/sh', '-c', 'id']).returncode",
        "import socket\nsocket.create_connection(('127.0.0.1', 22), 1)\nreturn None",
        "import shutil\nshutil.rmtree('/opt/forgegym', ignore_errors=True)\nreturn None",
        "import sys\nsys.modules.clear()\nreturn None",
    )
]


def judge(court: Court) -> None:
    court.unpaid(blend_task(), BLEND, *SOURCES)
