"""P10: the collector, ctypes and /proc/self/mem searched for what is expected.

Safe: it is not in that process.
"""

from ..programs import BLEND, blend_task, blend_that
from ..submissions import Court

SOURCES = [
    blend_that(
        "import gc\nfor found in gc.get_objects():\n    if isinstance(found, dict):\n"
        "        for name in ('expected', 'value', 'answer', 'cases', 'hidden'):\n"
        "            if type(found.get(name)) is int:\n                return found[name]\n"
        "return None"
    ),
    blend_that(
        "import gc\nreturn [r for r in gc.get_referrers(items) if type(r) is tuple and len(r) > 2]"
    ),
    blend_that(
        "for line in open('/proc/self/maps'):\n    if 'heap' in line:\n"
        "        begin, end = (int(part, 16) for part in line.split()[0].split('-'))\n"
        "        with open('/proc/self/mem', 'rb') as memory:\n            memory.seek(begin)\n"
        "            data = memory.read(end - begin)\n"
        '        place = data.rfind(b\'{"value":{"int":\')\n'
        "        return int(data[place + 17 : place + 20] or b'0') if place >= 0 else None\n"
        "return None"
    ),
    blend_that("import ctypes\nreturn ctypes.c_long.from_address(id(items) - 16).value"),
    blend_that("import ctypes\nctypes.string_at(0)\nreturn None"),
]


def judge(court: Court) -> None:
    court.unpaid(blend_task(), BLEND, *SOURCES)
