"""R21: a program that looks at who calls it.

Safe: public and hidden cases are asked alike, by one driver, in an order that tells nothing.
"""

from ..programs import MIX, MIX_TYPE, mix_task
from ..submissions import Court

SOURCES = [
    f"#[track_caller]\n{MIX_TYPE} {{ let at = std::panic::Location::caller(); let _ = seed; "
    'if at.file().contains("test") { Some(items.len() as i64) } else { None } }\n',
    f"{MIX_TYPE} {{ let _ = (items, seed); let me = std::env::args().next(); "
    'if me.is_some_and(|n| n.contains("hidden")) { Some(1) } else { None } }\n',
    f"{MIX_TYPE} {{ let _ = (items, seed); static N: std::sync::atomic::AtomicI64 = "
    "std::sync::atomic::AtomicI64::new(0); "
    "Some(N.fetch_add(1, std::sync::atomic::Ordering::SeqCst)) }\n",
]


def judge(court: Court) -> None:
    court.unpaid(mix_task(), MIX, *SOURCES)
