"""What holds a sandbox open for its tools: how it comes by both, and lets go of them."""

from __future__ import annotations

import _thread
import threading
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Protocol, TypeVar

from ..verdict import Toolchain
from .base import Profile, Sandbox
from .choose import Choice, image_is_built, open_sandbox


class Holder:
    """Tools in a sandbox that stays open; `toolchain` says which.

    Args:
        sandbox: Where they run.
        owned: Whether it is closed with this; and also when this is dropped without being closed,
            since boxes cost memory and the threads that open them would keep it for ever.
    """

    toolchain: Toolchain

    def __init__(self, sandbox: Sandbox, *, owned: bool) -> None:
        self.sandbox = sandbox
        self._dropped = weakref.finalize(self, _close_soon, sandbox) if owned else None
        if self._dropped is not None:
            self._dropped.atexit = False  # boxes end with the process, which need not wait for it

    def close(self) -> None:
        """Close the sandbox, if it is this one's own. May be called twice."""
        if self._dropped is not None and self._dropped.detach():
            self.sandbox.close()


class Tools(Protocol):
    """What is known of tools before they run in a sandbox."""

    @property
    def folders(self) -> tuple[Path, ...]:
        """What of this machine a box must see for them."""


T = TypeVar("T", bound=Tools)
H = TypeVar("H", bound=Holder)
T_contra = TypeVar("T_contra", bound=Tools, contravariant=True)
H_co = TypeVar("H_co", bound=Holder, covariant=True)


class Hold(Protocol[T_contra, H_co]):
    """Makes a `Holder` of tools and the sandbox that they run in."""

    def __call__(self, tools: T_contra, sandbox: Sandbox, *, owned: bool) -> H_co: ...


def open_tools(
    language: str,
    sandbox: Choice | Sandbox,
    *,
    here: Callable[[], T],
    in_image: Callable[[Sandbox], T],
    hold: Hold[T, H],
    profile: Profile,
    allow_unsafe: bool = False,
    size: int | None = None,
) -> H:
    """The image's tools if there is one, else this machine's in bubblewrap's boxes.

    Args:
        language: Names the image.
        sandbox: A choice, or an open one, which is left open and takes this machine's tools.
        here: Finds this machine's.
        in_image: Asks a sandbox of the image for its own.

    Raises what these three raise, and as `open_sandbox`.
    """
    if not isinstance(sandbox, str):
        return hold(here(), sandbox, owned=False)
    of_image = sandbox == "docker" or (sandbox == "auto" and image_is_built(language))
    if of_image:
        opened = open_sandbox(language, "docker", profile=profile, size=size)
    else:
        tools = here()
        opened = open_sandbox(
            language,
            "bubblewrap" if sandbox == "auto" else sandbox,
            allow_unsafe=allow_unsafe,
            profile=profile,
            size=size,
            toolchains=tools.folders,
        )
    try:
        return hold(in_image(opened) if of_image else tools, opened, owned=True)
    except BaseException:
        opened.close()
        raise


def _close_soon(sandbox: Sandbox) -> None:
    # Whoever drops the last reference, or collects garbage, may hold any lock: the sandbox's own,
    # and those that `threading` takes to start a thread.
    closing = threading.Thread(target=sandbox.close, name="forgegym-close", daemon=True)
    _thread.start_new_thread(closing.start, ())
