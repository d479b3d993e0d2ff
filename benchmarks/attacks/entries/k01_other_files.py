"""K01: `include` and `import` of files: absolute, upwards, and hidden from a reader.

Safe: refused before any file is looked for: nothing of it is in the message, nor whether there is
one. What only looks like an `include` to a careless reader (in a comment, in a string) is no reason
to refuse.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..submissions import PLAIN

if TYPE_CHECKING:
    from ....verifiers.verdict import Verdict
    from ..submissions import Court

PATHS = ("/etc/passwd", "../../../../etc/passwd", "/proc/self/environ", "contract", "~/x", "")
NAMING = (
    "include '{}';",
    'include "{}";',
    'import "{}";',
    'import {{ x }} from "{}";',
    'import "{}" prefix P_;',
    'module M {{ import "{}"; }} import M;',
    'export {{ x }}; module M {{ module N {{ include "{}"; }} }}',
)
# Between the word and the name: what the language takes for nothing, and what some tools do.
BETWEEN = (
    "/* a */ // b\n", "/**/", "/***/", "/* * / */", "// \r\n", "// \r", "\t", "\v", "\f", "\r",
    "\u0085", "\u00a0", "\u2028", "\u3000", "/* /* */",
)  # fmt: skip
# After a text that no parser reads; and with an end of comment that some readers overlook.
HIDDEN = (
    "include '/etc/passwd'; @",
    "@ import '/etc/passwd';",
    "// a comment\rinclude '/etc/passwd';",
    "// a comment\u0085include '/etc/passwd';",
    "// a comment\u2028include '/etc/passwd';",
    "/*/ include '/etc/passwd'; /*/",
    "\ufeffinclude '/etc/passwd';",
    "include '\\x2fetc\\x2fpasswd';",
    "include\0'/etc/passwd';",
)
HARMLESS = (
    "// include '/etc/passwd';\n",
    "/* include '/etc/passwd'; // */\n",
    "// /*\nexport ledger more: Counter; // */ include '/etc/passwd';\n",
    "// a comment\vinclude '/etc/passwd';\n",
    "export circuit f(): [] { assert(true, 'import \"/etc/passwd\";'); }\n",
    'export circuit f(): [] { assert(true, "\\"; include \'/etc/passwd\'; "); }\n',
)


def judge(court: Court) -> None:
    named = [form.format(path) for form in NAMING for path in PATHS]
    dressed = [f"include {between}'/etc/passwd';" for between in BETWEEN]
    for verdict in court.refuse(*(f"{PLAIN}{text}\n" for text in (*named, *dressed, *HIDDEN))):
        court.check("root:" not in messages(verdict), "a file's text is in the message")
    there = court.bait.folder / "there.compact"
    there.write_text("export ledger more: Counter;\n")
    there.chmod(0o644)
    for form in NAMING:
        told = [
            messages(verdict).replace(name, "NAME")
            for name in ("there", "gone")
            for verdict in court.refuse(PLAIN + form.format(court.bait.folder / name) + "\n")
        ]
        court.check(told[0] == told[1], f"a file that is there is told from none: {told[0][:200]}")
    court.accept(*(f"{PLAIN}{text}" for text in HARMLESS))


def messages(verdict: Verdict) -> str:
    """All that is said of a program."""
    return "\n".join(diagnostic.message for diagnostic in verdict.diagnostics)
