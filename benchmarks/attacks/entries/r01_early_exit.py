"""R01: the function, or what runs before main, ends the process.

Safe: calls without an answer have failed, whatever the exit status.
"""

from ..programs import MIX, MIX_TYPE, mix_task
from ..submissions import Court

SOURCES = [
    f"{MIX_TYPE} {{ let _ = (items, seed); {how} }}\n"
    for how in ("std::process::exit(0)", "std::process::abort()", "loop { std::process::exit(0); }")
]
SOURCES.append(
    'extern "C" fn leave() { std::process::exit(0); }\n#[used]\n#[link_section = ".init_array"]\n'
    f'static FIRST: extern "C" fn() = leave;\n{MIX_TYPE} {{ let _ = (items, seed); None }}\n'
)


def judge(court: Court) -> None:
    court.unpaid(mix_task(), MIX, *SOURCES)
