"""Memory that runs out, in one sentence. Nothing here imports torch."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

# What torch and its kernels say when an allocation on the CPU fails; all are plain RuntimeErrors.
_SAID = ("DefaultCPUAllocator", "bad_alloc", "could not create a memory object")


class MemoryExhaustedError(Exception):
    """The machine's memory, or the device's, is too small; the message is one sentence."""


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an allocation failed: Python's own, torch's on the CPU, or torch's on a device."""
    if isinstance(error, MemoryError):
        return True
    if not isinstance(error, RuntimeError):
        return False
    # torch.OutOfMemoryError is a RuntimeError; by its name it is known without importing torch.
    return type(error).__name__ == "OutOfMemoryError" or any(s in str(error) for s in _SAID)


@contextmanager
def memory_told(while_: str, remedy: str) -> Iterator[None]:
    """Turns a failed allocation into a `MemoryExhaustedError`: what it met, and what helps."""
    try:
        yield
    except (MemoryError, RuntimeError) as error:
        if not is_out_of_memory(error):
            raise
        raise MemoryExhaustedError(f"Out of memory while {while_}; {remedy}.") from error
