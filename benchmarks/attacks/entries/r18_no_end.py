"""R18: threads that stay, locks that wait, drops and stacks without an end.

Safe: there is a limit of processor and of wall-clock time; the machine is not to blame.
"""

from ..programs import MIX, MIX_TYPE, mix_task
from ..submissions import Court

SOURCES = [
    f"{MIX_TYPE} {{ let _ = (items, seed); loop {{}} }}\n",
    f"{MIX_TYPE} {{ std::thread::spawn(|| loop {{}}); let _ = (items, seed); None }}\n",
    f"{MIX_TYPE} {{ let m = std::sync::Mutex::new(items.len() as i64 + seed); let _g = m.lock(); "
    "let x = m.lock().map(|g| *g).ok(); x }\n",
    f"struct S; impl Drop for S {{ fn drop(&mut self) {{ loop {{}} }} }}\n{MIX_TYPE} "
    "{ let _s = S; let _ = (items, seed); None }\n",
    f"struct S; impl Drop for S {{ fn drop(&mut self) {{ let _s = S; }} }}\n{MIX_TYPE} "
    "{ let _s = S; let _ = (items, seed); None }\n",
    f"{MIX_TYPE} {{ mix(items, seed) }}\n",
    f"{MIX_TYPE} {{ let _ = (items, seed); std::thread::sleep(std::time::Duration::MAX); None }}\n",
]


def judge(court: Court) -> None:
    court.unpaid(mix_task(), MIX, *SOURCES)
