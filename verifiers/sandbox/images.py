"""The images that boxes are made of: ordinary Dockerfiles, built by the user's own engine.

`images/<language>/Dockerfile` names a toolchain; the supervisor is put into each. An image carries
its hash as a label, so that a ForgeGym never talks to the supervisor of another version.
"""

from __future__ import annotations

import hashlib
import io
import ssl
import tarfile
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .base import SandboxError, SandboxUnavailableError
from .docker import LABEL, connect

HERE = Path(__file__).resolve().parent
DOCKERFILES = HERE / "images"
SUPERVISOR = HERE / "supervisor"
# These can be given what no distribution has: the folder of a release.
TAKE_A_FOLDER = frozenset(("compact",))


@dataclass(frozen=True, slots=True)
class Image:
    """One language's image on this machine; `digest` is None when it has not been built.

    `current`: it has this ForgeGym's supervisor. `with_release`: it was given a folder.
    """

    language: str
    tag: str
    digest: str | None
    current: bool
    with_release: bool = False
    size: int = 0


def languages() -> list[str]:
    """The languages that have an image."""
    return sorted(path.parent.name for path in DOCKERFILES.glob("*/Dockerfile"))


def tag(language: str) -> str:
    """The name under which `build` leaves an image. Raises `SandboxError` for no language."""
    if language not in languages():
        raise SandboxError(f"there is no image for {language!r}; there are: {_listed()}")
    return f"forgegym/{language}:latest"


def contents() -> dict[str, bytes]:
    """What every image gets from here: path in the image's build context -> bytes."""
    return {
        f"supervisor/{path.name}": path.read_bytes()
        for path in sorted(SUPERVISOR.glob("*.*"))
        if path.suffix in (".py", ".c")
    }


def version() -> str:
    """The hash of `contents`."""
    digest = hashlib.sha256()
    for name, data in sorted(contents().items()):
        digest.update(f"{name} {len(data)}\n".encode() + data)
    return digest.hexdigest()[:16]


def build(
    language: str, *, arguments: dict[str, str] | None = None, extra: Path | None = None,
    report: Callable[[str], None] = lambda _: None,
) -> Image:  # fmt: skip
    """Build one language's image; its steps go to `report`.

    `arguments` are the Dockerfile's. `extra` is a folder that the Dockerfile finds as ``extra/``.

    Raises `SandboxError` when the build fails, with the engine's last words.
    """
    name = tag(language)
    client = connect()
    said: list[str] = []
    steps = client.api.build(
        fileobj=io.BytesIO(_context(language, extra)),
        custom_context=True,
        tag=name,
        rm=True,
        forcerm=True,
        decode=True,
        buildargs=arguments or {},
        labels={
            LABEL: "image",
            f"{LABEL}.version": version(),
            f"{LABEL}.release": "no" if extra is None else "yes",
        },
    )
    for step in steps:
        line = str(step.get("stream") or step.get("error") or "").strip()
        if line:
            said.append(line)
            report(line)
        if "error" in step:
            last = " / ".join(said[-3:])
            raise SandboxError(f"the image for {language} could not be built: {last}")
    return find(client, language)


def _context(language: str, extra: Path | None) -> bytes:
    """The build context as a tar archive, with fixed times: equal contents build equal layers."""
    buffer = io.BytesIO()
    files = dict(contents())
    folder = DOCKERFILES / language
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        files[str(path.relative_to(folder))] = path.read_bytes()
    files["certificates.crt"] = _certificates()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name in ("supervisor", "extra"):
            entry = tarfile.TarInfo(name)
            entry.type, entry.mode = tarfile.DIRTYPE, 0o755
            archive.addfile(entry)
        for name, data in sorted(files.items()):
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(data), 0o644
            archive.addfile(entry, io.BytesIO(data))
        if extra is not None:
            archive.add(extra, "extra")
    return buffer.getvalue()


def _certificates() -> bytes:
    """Whom this machine trusts, for a build's stages that load something: networks that open TLS
    have a certificate of their own here, and Debian's image does not know it."""
    path = ssl.get_default_verify_paths().cafile
    return Path(path).read_bytes() if path else b""


def find(client: Any, language: str) -> Image:
    """What the engine has for `language`."""
    import docker.errors

    name = tag(language)
    try:
        found = client.api.inspect_image(name)
    except docker.errors.ImageNotFound:
        return Image(language, name, None, current=False)
    labels = found["Config"].get("Labels") or {}
    current = labels.get(f"{LABEL}.version") == version()
    return Image(
        language,
        name,
        found["Id"],
        current=current,
        with_release=labels.get(f"{LABEL}.release") == "yes",
        size=found["Size"],
    )


def listing() -> Iterator[Image]:
    """Every language's image on this machine. Raises `SandboxUnavailableError`: no engine."""
    with closing(connect()) as client:
        for language in languages():
            yield find(client, language)


def digest_of(client: Any, name: str) -> str:
    """The digest of an image that a box can be made of.

    Raises `SandboxUnavailableError` when it is not there, or carries another supervisor.
    """
    import docker.errors

    language = name.partition("/")[2].partition(":")[0]
    hint = f"`forgegym images build {language}` makes it"
    try:
        found = client.api.inspect_image(name)
    except docker.errors.ImageNotFound:
        raise SandboxUnavailableError(f"there is no image {name}; {hint}") from None
    labels = found["Config"].get("Labels") or {}
    if labels.get(f"{LABEL}.version") != version():
        raise SandboxUnavailableError(f"the image {name} is of another ForgeGym; {hint} anew")
    return str(found["Id"])


def _listed() -> str:
    return ", ".join(languages())
