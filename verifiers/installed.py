"""What of this machine a sandbox must see for a program of it to run: as little as will do."""

from __future__ import annotations

from pathlib import Path


def folders_of(program: Path, *data: str) -> tuple[Path, ...]:
    """What `program`, a resolved path, needs of the place that it is installed in.

    A release has a folder of its own, `bin` beside `lib` or `share`, and is taken whole. Where many
    things are (a home, ~/.local, /opt), which may hold keys, it is `bin` alone, and of `data`,
    paths beside `bin`, those that are there; and just the program where it lies there openly.
    """
    folder, prefix = program.parent, program.parent.parent
    is_bin = folder.name == "bin"
    is_release = is_bin and any((prefix / name).is_dir() for name in ("lib", "share"))
    if is_release and not _is_shared(prefix):
        return (prefix,)
    beside = [prefix / name for name in data] if is_bin else []
    return (
        program if _is_shared(folder) else folder,
        *(path for path in beside if path.is_dir()),
    )


def _is_shared(folder: Path) -> bool:
    """Whether more lies here than one release: a home, what homes are in, and the like."""
    homes = {Path.home(), Path.home().resolve()}
    several = {Path("/opt"), Path("/srv"), *(home / ".local" for home in homes)}
    return (
        folder in several
        or folder.parent == Path("/home")
        or any(home.is_relative_to(folder) for home in homes)
    )
