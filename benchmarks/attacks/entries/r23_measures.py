"""R23: structure and idioms for show, and decisions out of sight.

Safe: only `nanochat` pays for looks, and the tests do not see them: nothing that is tested is
earned.
"""

from ..programs import MIX, MIX_TYPE, mix_task
from ..submissions import Court

SHOW = """\
/// A thing.
#[derive(Clone)]
pub struct Thing {
    kind: Kind,
}
/// Its kind.
#[derive(Clone)]
pub enum Kind {
    One,
}
/// A trait.
pub trait Named {
    /// Its name.
    fn name(&self) -> Option<String>;
}
impl Named for Thing {
    fn name(&self) -> Option<String> {
        match self.kind {
            Kind::One => [1].iter().map(|x| x + 1).filter(|x| *x > 0).map(|x| x.to_string()).next(),
        }
    }
}
"""
SOURCES = [
    f"{SHOW}{MIX_TYPE} {{ let _ = (items, seed); None }}\n",
    "macro_rules! all "
    "{ () => { pub fn mix(_: &[i64], _: i64) -> Option<i64> { None } } }\nall!();\n",
]


def judge(court: Court) -> None:
    court.unpaid(mix_task(), MIX, *SOURCES)
