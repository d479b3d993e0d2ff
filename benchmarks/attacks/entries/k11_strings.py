"""K11: texts and numbers that would end a string, a comment or a template in JavaScript.

Safe: they stay texts: a right contract with them passes all plays, and a wrong one no more.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..submissions import COUNTER, RUNTIME, WRONG, changed, limited_counter

if TYPE_CHECKING:
    from ..submissions import Court

NEEDS = RUNTIME
EXIT = "process.exit(0)"
# As they stand in the source, between double quotes.
TEXTS = (
    f'\\"); {EXIT}; //', f"'); {EXIT}; //", f"`); {EXIT}; //", f"${{{EXIT}}}", f"`${{{EXIT}}}`",
    f"*/ {EXIT}; /*", f"\n{EXIT};\n", f"\r\n{EXIT};", f"\u2028{EXIT};\u2029", f"\u0085{EXIT};",
    f"\\\\\\\"); {EXIT}; //", f"\\n{EXIT};", "\\\\", "\0\x01\x7f", "\ufeff", "\U0001f600\u202e",
    "</script><!--", "%s%d%n%o", "HIT", "x" * 20000,
)  # fmt: skip
# Types and numbers that are written into the JavaScript too.
MORE = (
    "export circuit large(): Field { return 524358751751268267937446933814582089889 * 3; }",
    "export circuit large(n: Uint<248>): Uint<0..4523128485832663883733241601901871400518>"
    " { return n as Uint<0..4523128485832663883733241601901871400518>; }",
    "export circuit text(s: Opaque<'string'>): Opaque<'string'> { return s; }",
)
NO_TYPES = ("constructor", "__proto__", f"'+{EXIT}+'", f'\\"+{EXIT}+\\"')
# The messages of the contract that they take the place of, all of them at a time.
PLACES = (
    "nothing to add", "above the limit", "nothing to remove", "below zero", "nothing to reset",
)  # fmt: skip


def judge(court: Court) -> None:
    task = limited_counter()

    def padded(text: str) -> str:
        length = len(text.encode())
        return f'export circuit text(): Bytes<{length}> {{ return pad({length}, "{text}"); }}\n'

    saying = []
    for start in range(0, len(TEXTS), len(PLACES)):
        source = COUNTER
        for place, text in zip(PLACES, TEXTS[start:], strict=False):
            source = changed(source, place, text)
        saying.append(source)
    holding = COUNTER + "".join(
        padded(text).replace("text()", f"text{i}()") for i, text in enumerate(TEXTS[:-1])
    )
    court.accept(*saying, holding, *(f"{COUNTER}{more}\n" for more in MORE), task=task)
    court.refuse(
        *(f'{COUNTER}export circuit f(s: Opaque<"{t}">): [] {{ }}\n' for t in NO_TYPES), task=task
    )
    plain, *wrong = court.refuse(*(changed(s, *WRONG) for s in (COUNTER, *saying)), task=task)
    for verdict in wrong:
        more = verdict.metrics["behaviour"] > plain.metrics["behaviour"]
        court.check(not more, "more plays pass with odd texts than without")
