"""R22: names of the standard library shadowed for whoever comes after.

Safe: the driver is a crate of its own; nothing of the candidate's is in its scope but the function.
"""

from ..programs import MIX, MIX_TYPE, mix_task
from ..submissions import Court

SHADOWS = (
    "pub mod std { pub mod process { pub fn exit(_: i32) -> ! { loop {} } } }\n",
    "pub mod core {}\n",
    "pub struct Vec; pub struct String; pub struct Box;\n",
    "pub trait Iterator {} pub trait Clone {}\n",
    "#[macro_export]\nmacro_rules! println { ($($t:tt)*) => { loop {} }; }\n",
    "pub fn serve() {} pub fn answer() {} pub fn main() {}\n",
)


def judge(court: Court) -> None:
    idle = f"{MIX_TYPE} {{ let _ = (items, seed); None }}\n"
    court.unpaid(mix_task(), MIX, *[shadow + idle for shadow in SHADOWS])
    court.accept(*[shadow + MIX for shadow in SHADOWS], task=mix_task())
