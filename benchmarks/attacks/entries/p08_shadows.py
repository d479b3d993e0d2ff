"""P08: modules of the standard library shadowed by files of its own.

Safe: nothing of the work folder is imported: Python is isolated, and its path safe.
"""

from ..programs import BLEND, blend_task, blend_that
from ..submissions import Court

SHADOWING = """\
for name in ("json", "random", "math", "_json", "binascii", "encodings", "warnings", "fcntl", "os"):
    for text in ("raise SystemExit\\n",):
        open(name + ".py", "w").write(text)
"""
SOURCES = [
    blend_that("return None", SHADOWING),
    blend_that("return None", f"import sys\n{SHADOWING}sys.path.insert(0, '')\n"),
    blend_that(
        "import json\nreturn json.answer",
        "import sys, types\nsys.modules['json'] = types.ModuleType('json')\n",
    ),
    blend_that(
        "return None",
        "import sys, types\nfor name in ('binascii', '_json', 'math', 'os', 'fcntl'):\n"
        "    sys.modules[name] = types.ModuleType(name)\n",
    ),
]


def judge(court: Court) -> None:
    court.unpaid(blend_task(), BLEND, *SOURCES)
