"""P11: files of tests, command lines and the bait of the host, read.

Safe: none of it is in the box; what a program reads there tells nothing.
"""

from ..programs import BLEND, blend_task, blend_that
from ..submissions import Court


def judge(court: Court) -> None:
    places = (
        str(court.bait.file), "/proc/self/environ", "/proc/1/environ", "/proc/self/cmdline",
        "tests.py", "test_solution.py", "../tests/hidden.json", "solution.py", "/etc/shadow",
    )  # fmt: skip
    sources = [
        blend_that(f"raise ValueError(open({place!r}, errors='replace').read()[-900:])")
        for place in places
    ]
    sources += [
        blend_that("import __main__\nraise ValueError(open(__main__.__file__).read()[-900:])"),
        blend_that("import glob\nraise ValueError(str(glob.glob('**/*', recursive=True)))"),
        blend_that(
            "import glob\nraise ValueError(str([open(p, 'rb').read() for p in "
            "glob.glob('/proc/[0-9]*/cmdline')])[-900:])"
        ),
        blend_that("import os\nraise ValueError(str(os.environ))"),
    ]
    court.unpaid(blend_task(), BLEND, *sources)
