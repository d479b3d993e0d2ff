"""P14: results rewritten late: at exit, by finalisers, signals and threads.

Safe: an answer is a frame, and final when it has come.
"""

from ..programs import BLEND, blend_task, blend_that
from ..submissions import Court

SOURCES = [
    blend_that("return None", before)
    for before in (
        "import atexit, os\natexit.register(lambda: os.write(1, b'passed'))\n",
        "import threading, time, os\ndef later():\n    while True:\n        time.sleep(0.001)\n"
        "        for place in range(3, 70):\n            try: os.write(place, b'\\0\\0\\0\\2{}')\n"
        "            except OSError: pass\nthreading.Thread(target=later, daemon=True).start()\n",
        "import signal, os\nsignal.signal(signal.SIGALRM, lambda *_: os._exit(0))\n"
        "signal.setitimer(signal.ITIMER_REAL, 0.02)\n",
        "import os, time\nif os.fork() == 0:\n    time.sleep(0.5)\n    os.write(1, b'OK')\n"
        "    os._exit(0)\n",
    )
]
SOURCES += [
    blend_that(
        "value = [0]\nthreading.Timer(0.0, value.append, [1]).start()\nreturn value",
        "import threading\n",
    ),
    blend_that("class Later:\n    def __del__(self): raise SystemExit(0)\nreturn Later()"),
    blend_that("import weakref, os\nweakref.finalize(blend, os._exit, 0)\nreturn None"),
]


def judge(court: Court) -> None:
    court.unpaid(blend_task(), BLEND, *SOURCES)
