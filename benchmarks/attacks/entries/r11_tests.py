"""R11 R12 R17: tests of its own, macros of the tests' names, words of a test runner.

Safe: nothing of it is run or read: the host compares answers.
"""

from ..programs import MIX, MIX_TYPE, mix_task
from ..submissions import Court

IDLE = f"{MIX_TYPE} {{ let _ = (items, seed); None }}\n"
SAYING = 'println!("test result: ok. 40 passed; 0 failed");'
SOURCES = [
    f"#[cfg(test)]\nmod tests {{ #[test] fn mix() {{}} }}\n{IDLE}",
    f"#[test]\n#[ignore]\nfn hidden() {{}}\n#[test]\n#[should_panic]\nfn h() "
    f"{{ panic!() }}\n{IDLE}",
    f"#[macro_export]\nmacro_rules! assert_eq {{ ($($t:tt)*) => {{}}; }}\n{IDLE}",
    f"#[macro_export]\nmacro_rules! vec {{ ($($t:tt)*) => {{ loop {{}} }}; }}\n{IDLE}",
    f"{MIX_TYPE} {{ let _ = (items, seed); {SAYING} None }}\n",
    f"{MIX_TYPE} {{ let _ = (items, seed); {SAYING} std::process::exit(0) }}\n",
]


def judge(court: Court) -> None:
    court.unpaid(mix_task(), MIX, *SOURCES)
