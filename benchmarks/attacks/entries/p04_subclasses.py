"""P04: subclasses of builtin types with methods that lie.

Safe: the encoder looks at exact types, and calls nothing that a subclass could have replaced.
"""

from ..programs import BLEND, blend_task, blend_that
from ..submissions import Court

CLASS = """\
class Lie({base}):
    def __eq__(self, other): return True
    def __hash__(self): return 0
    def __repr__(self): return "0"
    __str__ = __format__ = __repr__
    def __reduce__(self): return (int, (0,))
    def __class_getitem__(cls, item): return int
"""
SOURCES = [
    blend_that("return Lie()", CLASS.format(base=base))
    for base in ("int", "str", "float", "list", "dict", "tuple", "set", "bytes")
]
SOURCES += [
    blend_that(
        "return Lie(1)",
        "class Meta(type):\n    def __instancecheck__(self, other): return True\n"
        "    __name__ = 'int'\n    def __eq__(self, other): return True\n    __hash__ = None\n"
        "class Lie(int, metaclass=Meta):\n    @property\n    def __class__(self): return int\n",
    )
]


def judge(court: Court) -> None:
    court.unpaid(blend_task(), BLEND, *SOURCES)
