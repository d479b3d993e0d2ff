"""A hook of mkdocs': where the page of the Python interface reads the package.

An editable install lies in the repository's root (`setup.py` says why), beside virtual environments
and a link to itself. mkdocstrings walks all that a package's folder holds, links followed; what it
is shown instead is a folder of links to the package's own parts.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from mkdocs.plugins import event_priority

PACKAGE = Path(__file__).resolve().parent.parent

# Kept until the process ends, which is when the folder goes.
_shown = tempfile.TemporaryDirectory(prefix="forgegym-docs-")


@event_priority(100)  # mkdocstrings reads its configuration in this event, too
def on_config(config: Any, **_: Any) -> None:
    """Shows mkdocstrings the package's own parts, before anything else called so."""
    folder = Path(_shown.name, "forgegym")
    if not folder.exists():  # `mkdocs serve` reads its configuration again
        folder.mkdir()
        for path in PACKAGE.iterdir():
            if path.suffix == ".py" or (path / "__init__.py").is_file():
                (folder / path.name).symlink_to(path)
    config.plugins["mkdocstrings"].config["handlers"]["python"]["paths"] = [_shown.name]
