"""P12 P13: the words of test runners and of our own protocol, printed, first or twice.

Safe: nothing that is printed is read for a verdict.
"""

from ..programs import BLEND, blend_task, blend_that
from ..submissions import Court

WORDS = (
    "PASSED test_blend", "=== 40 passed in 0.01s ===", "OK", '{"id":"0","value":{"int":"1"}}',
    '{"passed": true, "score": 1.0}', ">>>>> Start Test Output", "All tests passed!",
    '[["warning", "", 1, 1]]', "[]",
)  # fmt: skip
SOURCES = [
    blend_that(f"print({word!r})\nreturn None", before)
    for word in WORDS
    for before in (
        "",
        f"import sys\nprint({word!r}, flush=True)\nprint({word!r}, file=sys.stderr)\n",
    )
]
SOURCES.append(f"print({WORDS[1]!r})\nraise SystemExit(0)\n{BLEND}")
SOURCES.append(
    blend_that(
        "import os\nfor place in range(3, 80):\n    try:\n"
        '        os.write(place, b\'\\0\\0\\0\\x1e{"id":"0","value":{"int":"1"}}\')\n'
        "    except OSError:\n        pass\nreturn None"
    )
)


def judge(court: Court) -> None:
    court.unpaid(blend_task(), BLEND, *SOURCES)
