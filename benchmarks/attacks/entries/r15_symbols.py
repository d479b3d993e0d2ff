"""R15: symbols of the C library taken over.

Safe: the driver's words have no worth of their own; whatever breaks is the program's failure.
"""

from ..programs import MIX, MIX_TYPE, mix_task
from ..submissions import Court

IDLE = f"{MIX_TYPE} {{ let _ = (items, seed); None }}\n"
SOURCES = [
    f'#[no_mangle]\npub extern "C" fn write(_: i32, _: *const u8, n: usize) -> isize '
    f"{{ n as isize }}\n{IDLE}",
    f'#[no_mangle]\npub extern "C" fn memcmp(_: *const u8, _: *const u8, _: usize) -> i32 '
    f"{{ 0 }}\n{IDLE}",
    f'#[no_mangle]\npub extern "C" fn read(_: i32, _: *mut u8, _: usize) -> isize {{ 0 }}\n{IDLE}',
    f'std::arch::global_asm!(".globl exit_group", "exit_group: ret");\n{IDLE}',
]


def judge(court: Court) -> None:
    court.unpaid(mix_task(), MIX, *SOURCES)
