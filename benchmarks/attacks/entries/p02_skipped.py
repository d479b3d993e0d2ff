"""P02: exceptions by which test runners skip a test.

Safe: an exception is an answer like another, and it is wrong where a value was expected.
"""

from ..programs import BLEND, blend_task, blend_that
from ..submissions import Court

SOURCES = [
    blend_that('import unittest\nraise unittest.SkipTest("later")'),
    blend_that('raise type("Skipped", (BaseException,), {})("later")'),
    blend_that('raise type("Exit", (BaseException,), {"returncode": 0})("passed")'),
    blend_that("return NotImplemented"),
    f'import unittest\nraise unittest.SkipTest("all")\n{BLEND}',
]


def judge(court: Court) -> None:
    court.unpaid(blend_task(), BLEND, *SOURCES)
