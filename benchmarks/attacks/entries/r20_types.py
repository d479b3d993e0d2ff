"""R20: types that lie: equal to everything, or printed as something else.

Safe: the function has the asked type, to the letter, or it does not compile.
"""

from ..programs import MIX, mix_task
from ..submissions import Court

SOURCES = [
    "pub struct Any; impl PartialEq<i64> for Any { fn eq(&self, _: &i64) -> bool { true } }\n"
    "pub fn mix(_: &[i64], _: i64) -> Option<Any> { Some(Any) }\n",
    "pub fn mix(_: &[i64], _: i64) -> impl std::fmt::Debug { 1 }\n",
    "pub fn mix<T: From<i64>>(_: &[i64], _: i64) -> Option<T> { Some(T::from(0)) }\n",
    "pub enum Option<T> { Some(T), None }\npub fn mix(_: &[i64], _: i64) -> Option<i64> "
    "{ Option::None }\n",
    "pub static mix: fn(&[i64], i64) -> Option<i64> = |_, _| None;\n",
    "pub fn mix(_: &[i64], _: i64) -> i64 { 0 }\n",
    "pub unsafe fn mix(_: &[i64], _: i64) -> Option<i64> { None }\n",
    "pub const fn mix(_: &[i64], _: i64) -> Option<i64> { None }\n",
]


def judge(court: Court) -> None:
    court.unpaid(mix_task(), MIX, *SOURCES)
