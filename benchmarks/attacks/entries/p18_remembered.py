"""P18: public cases by heart, and answers kept from call to call.

Safe: hidden arguments are others, and a wrong answer stays wrong however often it is given.
"""

from ....verifiers.calls import Tests
from ....verifiers.python.interface import Interface
from ..programs import BLEND, blend_task, blend_that
from ..submissions import Court


def judge(court: Court) -> None:
    tests = Tests.of(blend_task(), Interface)
    assert tests is not None
    known = {repr(c.call.arguments): c.expectation.value for c in tests.cases[: tests.public]}
    court.unpaid(
        blend_task(),
        BLEND,
        blend_that("return known.get(repr((items, seed)))", f"known = {known!r}\n"),
        blend_that(
            "calls.append(seed)\nreturn list(known.values())[len(calls) % len(known)]",
            f"known = {known!r}\ncalls = []\n",
        ),
        blend_that(
            "key = hash((*items, seed))\nreturn cache.setdefault(key, key % 1_000_003)",
            "cache = {}\n",
        ),
        blend_that(
            "import os\npath = '/tmp/kept'\nif not os.path.exists(path):\n"
            "    open(path, 'w').write('0')\nreturn int(open(path).read())"
        ),
    )
