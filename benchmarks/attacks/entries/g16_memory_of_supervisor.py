"""G16: reads and writes the memory, the environment and the descriptors of what has started it.

Safe: all of it is refused.
"""

import ctypes
import errno
import os

from ..kit import attempt, system_call

PTRACE_SEIZE = 0x4206  # unlike PTRACE_ATTACH it stops nobody


class Vector(ctypes.Structure):
    """struct iovec, readv(2)."""

    _fields_ = (("base", ctypes.c_void_p), ("length", ctypes.c_size_t))


def attack() -> None:
    parent = os.getppid()
    for target in {1, parent}:
        for name in ("mem", "environ", "maps", "syscall", "auxv", "io"):
            attempt(f"{target}/{name}", read, f"/proc/{target}/{name}")
        for name in ("fd", "map_files"):
            attempt(f"{target}/{name}", os.listdir, f"/proc/{target}/{name}")
        for name in ("cwd", "root", "exe"):
            attempt(f"{target}/{name}", os.readlink, f"/proc/{target}/{name}")
        attempt(f"{target}/mem to write", os.open, f"/proc/{target}/mem", os.O_RDWR)
        attempt(f"ptrace {target}", system_call, "ptrace", PTRACE_SEIZE, target, 0, 0)
        for call in ("process_vm_readv", "process_vm_writev"):
            attempt(f"{call} {target}", copy, call, target)
        attempt(f"a descriptor of {target}", take_descriptor, target)


def read(path: str) -> bytes:
    with open(path, "rb") as file:
        return file.read(1 << 16)


def take_descriptor(target: int) -> int:
    descriptor = system_call("pidfd_open", target, 0)
    return system_call("pidfd_getfd", descriptor, 0, 0)


def copy(call: str, target: int) -> str:
    """Copies from or to an address that is not there: a fault, where it may."""
    own = ctypes.create_string_buffer(8)
    here, there = Vector(ctypes.addressof(own), 8), Vector(8, 8)
    try:
        system_call(call, target, ctypes.byref(here), 1, ctypes.byref(there), 1, 0)
    except OSError as error:
        if error.errno != errno.EFAULT:
            raise
    return "allowed"
