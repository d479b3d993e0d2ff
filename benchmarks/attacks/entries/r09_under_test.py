"""R09: a program that is another under test.

Safe: what is tested is the normal build; there is no test build.
"""

from ..programs import MIX, MIX_TYPE, mix_task
from ..submissions import Court

WRONG = "{ let _ = (items, seed); None }"
RIGHT = MIX.partition(MIX_TYPE)[2]


def judge(court: Court) -> None:
    for condition in ("test", 'feature = "solution"', "doc", "miri"):
        court.unpaid(
            mix_task(),
            MIX,
            f"#[cfg({condition})]\n{MIX_TYPE} {RIGHT}\n#[cfg(not({condition}))]\n{MIX_TYPE} "
            f"{WRONG}\n",
            f"#![cfg_attr({condition}, allow(warnings))]\n{MIX_TYPE} {WRONG}\n",
        )
