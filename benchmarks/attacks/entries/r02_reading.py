"""R02: files and variables of the machine, read while compiling or running.

Safe: nothing hidden is there to be read: expected values never enter a box.
"""

from ..programs import MIX, MIX_TYPE, mix_task
from ..submissions import Court


def judge(court: Court) -> None:
    baits = [str(file) for file in court.bait.files]
    places = ("/etc/passwd", "/proc/self/environ", *baits, "main.rs", "../secret")
    sources = [
        f'{MIX_TYPE} {{ let _ = (items, seed); Some({macro}("{place}").len() as i64) }}\n'
        for place in places
        for macro in ("include_str!", "include_bytes!", "include!", "compile_error!")
    ]
    sources += [
        f'#[path = "{place}"]\nmod other;\n{MIX_TYPE} {{ let _ = (items, seed); None }}\n'
        for place in places
    ]
    name = "FORGEGYM_ATTACK_BAIT"
    sources.append(
        f'{MIX_TYPE} {{ let _ = (items, seed); panic!("{{:?}}", option_env!("{name}")) }}\n'
    )
    sources.append(
        f'{MIX_TYPE} {{ let _ = (items, seed); panic!("{{:?}} {{:?}}", std::env::var("{name}"), '
        f'std::fs::read_to_string("{court.bait.file}")) }}\n'
    )
    court.unpaid(mix_task(), MIX, *sources)
