"""R16: hooks and caught panics that turn a failure into a success.

Safe: a panic is an answer like another, and it is wrong where a value was expected.
"""

from ..programs import MIX, MIX_TYPE, mix_task
from ..submissions import Court

SOURCES = [
    f"{MIX_TYPE} {{ let _ = (items, seed); std::panic::set_hook(Box::new(|_| "
    'std::process::exit(0))); panic!("no") }\n',
    f"{MIX_TYPE} {{ let _ = seed; std::panic::catch_unwind(|| panic!()).ok(); "
    "if items.len() > 99 { Some(1) } else { None } }\n",
    f"{MIX_TYPE} {{ let _ = (items, seed); std::panic::resume_unwind(Box::new(0)) }}\n",
    f'{MIX_TYPE} {{ let _ = (items, seed); std::panic::panic_any(String::from("ok")) }}\n',
]


def judge(court: Court) -> None:
    court.unpaid(mix_task(), MIX, *SOURCES)
