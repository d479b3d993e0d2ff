"""P06: the functions that evaluate, replaced by the ones that it finds.

Safe: the grader is on another machine than the program; what is here only carries answers.
"""

from ..programs import BLEND, blend_task, blend_that
from ..submissions import Court

TAKING = """\
import gc, sys, types
for module in list(sys.modules.values()):
    for name in ("run_tests", "evaluate", "compare", "check", "matches", "verify", "judge"):
        try:
            setattr(module, name, lambda *_, **__: True)
        except (AttributeError, TypeError):
            pass
for found in gc.get_objects():
    if isinstance(found, types.FunctionType) and found.__name__ in {names}:
        try:
            found.__code__ = (lambda *_, **__: {value}).__code__
        except ValueError:
            pass
"""
SOURCES = [
    blend_that("return None", TAKING.format(names=names, value=value))
    for names, value in (
        ('("run_tests", "compare", "answer", "encode", "_encode")', "'null'"),
        ('("_send", "_receive", "_read_exactly")', "b''"),
        ('("answer",)', "'{}'"),
        ('("guarded", "call", "only", "located")', "None"),
    )
]


def judge(court: Court) -> None:
    court.unpaid(blend_task(), BLEND, *SOURCES)
