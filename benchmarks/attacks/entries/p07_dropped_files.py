"""P07: files that Python or a test runner would load by themselves, left beside the program.

Safe: names are fixed, Python is isolated, and nothing that a program leaves stays.
"""

from ..programs import BLEND, blend_task, blend_that
from ..submissions import Court

WRITING = """\
import os, sys
text = "import os, builtins\\nbuiltins.blend = None\\nos._exit(0)\\n"
names = ("conftest.py", "sitecustomize.py", "usercustomize.py", "pytest.ini", "setup.cfg", "x.pth",
         "solution.py", "forgegym-beside.pyc", "forgegym-reading.pyc", "forgegym-driver.pyc",
         "forgegym-beside.py", "beside.py", "driver.py", "pyvenv.cfg",
         ".local/lib/python3/site-packages/usercustomize.py", "__init__.py")
for folder in (".", "/tmp", os.path.expanduser("~"), os.path.dirname(sys.executable)):
    for name in names:
        try:
            path = os.path.join(folder, name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            open(path, "w").write(text)
        except OSError:
            pass
"""
SOURCES = [
    blend_that("return None", WRITING),
    blend_that(f"exec({WRITING!r})\nreturn None"),
    blend_that("os._exit(0)", WRITING),
]


def judge(court: Court) -> None:
    court.unpaid(blend_task(), BLEND, *SOURCES)
