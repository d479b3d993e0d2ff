"""R14: the program answers on the channel itself.

Safe: an answer needs the request's id and is worth nothing unless it is right; one too many breaks
the protocol.
"""

from ..programs import MIX, MIX_TYPE, mix_task
from ..submissions import Court

WRITING = """\
use std::io::{Read, Write};
use std::os::fd::FromRawFd;
fn say(text: &str) {
    let mut out = std::mem::ManuallyDrop::new(unsafe { std::fs::File::from_raw_fd(4) });
    let _ = out.write_all(&(text.len() as u32).to_be_bytes());
    let _ = out.write_all(text.as_bytes());
}
fn hear() -> String {
    let mut from = std::mem::ManuallyDrop::new(unsafe { std::fs::File::from_raw_fd(3) });
    let mut size = [0u8; 4];
    let _ = from.read_exact(&mut size);
    let mut text = vec![0u8; u32::from_be_bytes(size) as usize];
    let _ = from.read_exact(&mut text);
    String::from_utf8_lossy(&text).into_owned()
}
"""
NULL = r'say(r#"{"id":"0","value":null}"#);'
SOURCES = [
    f"{WRITING}{MIX_TYPE} {{ let _ = (items, seed); {NULL} None }}\n",
    f"{WRITING}{MIX_TYPE} {{ let _ = (items, seed); for _ in 0..99 {{ {NULL} }} None }}\n",
    f"{WRITING}{MIX_TYPE} {{ let _ = (items, seed); let asked = hear(); "
    'let id = asked.split(\'"\').nth(3).unwrap_or("").to_string(); '
    'say(&format!("{{\\"id\\":\\"{id}\\",\\"value\\":null}}")); None }\n',
    f'{WRITING}{MIX_TYPE} {{ let _ = (items, seed); say("["); std::process::exit(0) }}\n',
]


def judge(court: Court) -> None:
    court.unpaid(mix_task(), MIX, *SOURCES)
