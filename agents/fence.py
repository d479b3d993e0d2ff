"""The program in an answer: models put it between code fences, or write nothing else."""

from __future__ import annotations

import re

# A fence is closed at the beginning of a line: three backticks may stand in a program's comment.
_FENCE = re.compile(r"```[^\n]*\n(.*?)(?:^[ \t]*```|\Z)", re.DOTALL | re.MULTILINE)


def program_in(answer: str) -> str:
    """What the first code fence of an answer holds, or all of it where there is none."""
    fenced = _FENCE.search(answer)
    return fenced.group(1) if fenced else answer
