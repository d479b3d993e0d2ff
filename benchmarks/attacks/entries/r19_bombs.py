"""R19: programs that the compiler does not get to the end of.

Safe: compiling has limits of time, memory and output; it is the program's failure.
"""

from ..programs import MIX, MIX_TYPE, mix_task
from ..submissions import Court

IDLE = f"{MIX_TYPE} {{ let _ = (items, seed); None }}\n"
SOURCES = [
    '#![recursion_limit = "4294967295"]\nmacro_rules! m { ($($t:tt)*) => { m!($($t)* $($t)*) } }\n'
    f"m!(a b);\n{IDLE}",
    f"const N: u64 = {{ let mut i = 0u64; while i < u64::MAX {{ i += 1; }} i }};\n{IDLE}"
    "pub fn n() -> u64 { N }\n",
    f"pub static A: [u8; 1 << 40] = [1; 1 << 40];\n{IDLE}",
    f"pub fn b() -> [u8; 1 << 34] {{ [7; 1 << 34] }}\n{IDLE}",
    f"trait T {{ fn f(n: u64); }} struct W<X>(X); impl<X> T for W<X> where W<W<X>>: T "
    f"{{ fn f(n: u64) "
    f"{{ <W<W<X>>>::f(n) }} }}\npub fn g() {{ <W<u8> as T>::f(1) }}\n{IDLE}",
    f"pub fn h() -> i64 {{ {'(' * 9000}1{')' * 9000} }}\n{IDLE}",
    "".join(f"pub const X{n}: u8 = 1;\n" for n in range(2500)) + IDLE,
]


def judge(court: Court) -> None:
    court.unpaid(mix_task(), MIX, *SOURCES)
