"""rustc's JSON messages as diagnostics. Pure.

Format: https://doc.rust-lang.org/rustc/json.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from ..verdict import Diagnostic, Severity

# Messages about messages name no place.
_SUMMARY = re.compile(r"aborting due to |Some errors have detailed|For more |\d+ warnings? emitted")


def diagnostics(stderr: bytes) -> list[Diagnostic]:
    """The errors and warnings in what rustc wrote with ``--error-format=json``, in its order.

    Lines that are no JSON (a panic of rustc, a linker's words) become errors without a place.
    """
    found: list[Diagnostic] = []
    for line in stderr.decode("utf-8", "replace").splitlines():
        if not line.strip():
            continue
        try:
            fields = json.loads(line)
        except ValueError:
            continue
        if isinstance(fields, dict) and fields.get("level") in ("error", "warning"):
            found.extend(_diagnostic(fields))
    return found


def _diagnostic(fields: Mapping[str, Any]) -> Iterator[Diagnostic]:
    message = str(fields.get("message", ""))
    spans = [s for s in fields.get("spans", ()) if s.get("is_primary")]
    if not spans and _SUMMARY.match(message):
        return
    span = _outermost(spans[0]) if spans else None
    label = (spans[0].get("label") or "") if spans else ""
    code = fields.get("code") or {}
    yield Diagnostic(
        f"{message}: {label}" if label and label not in message else message,
        span["line_start"] if span else None,
        span["column_start"] if span else None,
        Severity.ERROR if fields["level"] == "error" else Severity.WARNING,
        code.get("code"),
    )


def _outermost(span: Mapping[str, Any]) -> Mapping[str, Any]:
    """Where the program itself stands, for a message from inside a macro of `std`."""
    while (expansion := span.get("expansion")) and span["file_name"].startswith("/"):
        span = expansion["span"]
    return span


def is_internal(stderr: bytes) -> bool:
    """Whether rustc says that it, not the program, is at fault."""
    return b"internal compiler error" in stderr or b"thread 'rustc' panicked" in stderr
