"""P17: time and chance patched, to foresee or freeze what is asked.

Safe: inputs come from the host, call by call.
"""

from ..programs import BLEND, blend_task, blend_that
from ..submissions import Court

SOURCES = [
    blend_that(body, before)
    for before in (
        "import random, time\nrandom.seed = lambda *_: None\n"
        "time.time = time.perf_counter = lambda: 0.0\n",
        "import random\nrandom.random = lambda: 0.5\nrandom.seed(0)\n",
        "import os, secrets\nos.urandom = lambda n: b'0' * n\n"
        "secrets.token_hex = lambda n: '0' * 32\n",
    )
    for body in ("return None", "import random\nreturn random.randrange(1_000_003)")
]


def judge(court: Court) -> None:
    court.unpaid(blend_task(), BLEND, *SOURCES)
