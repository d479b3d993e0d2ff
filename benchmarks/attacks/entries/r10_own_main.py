"""R10: a main of its own, no main at all, or features of another compiler.

Safe: the driver owns main; the compiler is the stable one.
"""

from ..programs import MIX, MIX_TYPE, mix_task
from ..submissions import Court

IDLE = f"{MIX_TYPE} {{ let _ = (items, seed); None }}\n"
SOURCES = [
    f'pub fn main() {{ println!("ok"); }}\n{IDLE}',
    f"#![no_main]\n{IDLE}",
    f'#[no_mangle]\npub extern "C" fn main() -> i32 {{ 0 }}\n{IDLE}',
    f"#![feature(start)]\n{IDLE}",
    f"#![no_std]\n{IDLE}",
    f'#![crate_type = "bin"]\nfn main() {{}}\n{IDLE}',
    f'#![crate_type = "proc-macro"]\n{IDLE}',
    f'#![crate_name = "forgegym"]\n{IDLE}',
    f"extern crate forgegym;\n{IDLE}",
]


def judge(court: Court) -> None:
    court.unpaid(mix_task(), MIX, *SOURCES)
