"""The text that Verilator lints: what Yosys read of a program, without a word to Verilator. Pure.

Verilator falls silent where a comment tells it to, and where `ifdef VERILATOR` shows it another
program. So it is given the program after Yosys's preprocessor, which is what is synthesised and
paid, in which nothing is left to be expanded; comments and directives become space. Lines keep
their numbers.
"""

from __future__ import annotations

import re

# What `read_verilog -ppdump` prints around the text, whose file it pushes and pops.
_BEGIN = b"\n-- Verilog code after preprocessor --\n`file_push "
_END = b"\n`file_pop\n-- END OF DUMP --\n"

# As Yosys's lexer has it: a string may go over lines; a directive, `default_nettype` apart, is
# ignored together with the rest of its line; and what such a comment hides is not read at all.
_HIDDEN = r"/\*[ \t]*(?:synopsys|synthesis)[ \t]*translate_{}[ \t]*\*/"
_TOKEN = re.compile(
    rf"""(?P<kept>"(?:[^"\\]|\\.)*"|\\[^ \t\r\n]+|`default_nettype\b)
    |{_HIDDEN.format("off")}.*?(?:{_HIDDEN.format("on")}|\Z)
    |/\*.*?\*/|//[^\n]*|`[^\n]*""".replace("\n    ", ""),
    re.DOTALL,
)


def linted(dump: bytes | None) -> str | None:
    """What is to be linted, of what Yosys printed while it read; None where it is not complete."""
    text = (dump or b"").partition(_BEGIN)[2].partition(b"\n")[2].rpartition(_END)[0]
    if not text:
        return None
    return _TOKEN.sub(_blanked, text.decode("utf-8", "replace")) + "\n"


def _blanked(token: re.Match[str]) -> str:
    return token["kept"] or re.sub(r"[^\n]", " ", token[0])
