"""A hook of mkdocs': the page of the command line is what typer says of the commands."""

from __future__ import annotations

import html
import re
import subprocess
import sys
from typing import Any

PAGE, MARK = "cli.md", "<!-- the commands -->"


def on_page_markdown(markdown: str, *, page: Any, **_: Any) -> str:
    """The page's text, with the commands in the mark's place."""
    if page.file.src_uri != PAGE:
        return markdown
    generated = subprocess.run(
        [sys.executable, "-m", "typer", "forgegym.cli", "utils", "docs", "--name", "forgegym"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    # Typer escapes for HTML within code, too, where Markdown escapes again.
    lines = [
        re.sub(r"`[^`]*`", lambda code: html.unescape(code[0]), line)
        for line in generated.splitlines()
        if not line.startswith("# ")  # the page has a title
    ]
    return markdown.replace(MARK, "\n".join(lines))
