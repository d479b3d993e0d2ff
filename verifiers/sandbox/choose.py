"""Which sandbox: Docker where it is, else bubblewrap, else a refusal that says what to do."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Literal, get_args

from . import docker, images, probe
from .base import Profile, SandboxError, SandboxUnavailableError
from .bubblewrap import open_bubblewrap
from .docker import open_docker
from .pool import Pool, Reuse
from .unsafe import open_unsafe

Choice = Literal["auto", "docker", "bubblewrap", "unsafe"]


def image_is_built(language: str) -> bool:
    """Whether there is an engine with a current image for `language`."""
    try:
        with closing(docker.connect()) as engine:
            return images.find(engine, language).current
    except SandboxUnavailableError:
        return False


def open_sandbox(
    language: str,
    sandbox: Choice = "auto",
    *,
    allow_unsafe: bool = False,
    profile: Profile | None = None,
    size: int | None = None,
    reuse: Reuse = "proven",
    runtime: str | None = None,
    toolchains: Iterable[Path] = (),
    path: Sequence[str] = (),
) -> Pool:
    """A sandbox that holds its limits on this machine, which is tried first (see `probe`).

    Args:
        language: Names the image that Docker's boxes are made of.
        sandbox: ``"auto"`` takes Docker, else bubblewrap; never ``"unsafe"``, which also needs
            `allow_unsafe`.
        profile, size, reuse, runtime: See `open_docker`.
        toolchains: Folders of this machine that bubblewrap's boxes see beside /usr.
        path: In front of the jobs' PATH in bubblewrap's boxes; an image has its tools on it.

    Raises:
        SandboxUnavailableError: There is none; the message says why and what to do.
        ValueError: `sandbox` or `reuse` is none of its choices.
    """
    if sandbox not in get_args(Choice):
        known = ", ".join(get_args(Choice))
        raise ValueError(f"unknown sandbox {sandbox!r}; there are: {known}")
    if sandbox == "unsafe":
        return open_unsafe(
            allow_unsafe=allow_unsafe, profile=profile, size=size, reuse=reuse, path=path
        )
    reasons = []
    if sandbox in ("auto", "docker"):
        try:
            image = images.tag(language)
            probe.require("docker", image=image, runtime=runtime)
            return open_docker(image, profile=profile, size=size, reuse=reuse, runtime=runtime)
        except SandboxError as error:
            if sandbox == "docker":
                raise
            reasons.append(f"Docker: {error}")
    try:
        probe.require("bubblewrap")
        return open_bubblewrap(
            profile=profile, size=size, reuse=reuse, toolchains=toolchains, path=path
        )
    except SandboxError as error:
        if sandbox == "bubblewrap":
            raise
        reasons.append(f"bubblewrap: {error}")
    raise SandboxUnavailableError(
        f"there is no sandbox to run programs in. {'. '.join(reasons)}. For trusted programs only: "
        'sandbox="unsafe", allow_unsafe=True'
    )
