"""What hostile programs share. It runs inside the box, beside one entry: standard library only.

A line that begins with HIT says that an attack has got what it wanted.
"""

from __future__ import annotations

import ctypes
import os
import platform
from collections.abc import Callable

MIB = 1 << 20

# What the boxes are given (`catalogue.SMALL`): small, so that four times as much is quick to ask
# for and does no harm where nothing stops it.
MEMORY = 128 * MIB
PROCESSES = 64
WORK_BYTES, WORK_FILES = 16 * MIB, 2000
TMP_BYTES, TMP_FILES = 8 * MIB, 500

# By their numbers, since C libraries wrap few of them: asm/unistd_64.h, asm-generic/unistd.h.
_CALLS = {
    "x86_64": {
        "add_key": 248, "bpf": 321, "clock_settime": 227, "fsopen": 430, "init_module": 175,
        "io_uring_setup": 425, "kexec_load": 246, "keyctl": 250, "memfd_create": 319,
        "memfd_secret": 447, "mount": 165, "mq_open": 240, "msgget": 68,
        "open_by_handle_at": 304, "perf_event_open": 298, "pidfd_getfd": 438, "pidfd_open": 434,
        "pivot_root": 155, "process_vm_readv": 310, "process_vm_writev": 311, "ptrace": 101,
        "reboot": 169, "semget": 64, "setns": 308, "shmget": 29, "swapon": 167, "syslog": 103,
        "umount2": 166, "unshare": 272, "userfaultfd": 323,
    },
    "aarch64": {
        "add_key": 217, "bpf": 280, "clock_settime": 112, "fsopen": 430, "init_module": 105,
        "io_uring_setup": 425, "kexec_load": 104, "keyctl": 219, "memfd_create": 279,
        "memfd_secret": 447, "mount": 40, "mq_open": 180, "msgget": 186,
        "open_by_handle_at": 265, "perf_event_open": 241, "pidfd_getfd": 438, "pidfd_open": 434,
        "pivot_root": 41, "process_vm_readv": 270, "process_vm_writev": 271, "ptrace": 117,
        "reboot": 142, "semget": 190, "setns": 268, "shmget": 194, "swapon": 224, "syslog": 116,
        "umount2": 39, "unshare": 97, "userfaultfd": 282,
    },
}  # fmt: skip

libc = ctypes.CDLL(None, use_errno=True)


def hit(what: str) -> None:
    """The attack has got what it wanted; `what` is shown, so it holds nothing of what it got."""
    print("HIT", what, flush=True)


def attempt(what: str, call: Callable[..., object], *arguments: object) -> None:
    """A hit, unless the kernel refuses `call`."""
    try:
        got = call(*arguments)
    except OSError as error:
        print("refused", what, error.strerror or error, flush=True)
    else:
        hit(what)
        print("got", repr(got)[:2000], flush=True)


def write_to(path: str, data: bytes) -> int:
    """Write `data` to what exists at `path`. Raises `OSError`."""
    descriptor = os.open(path, os.O_WRONLY | os.O_NONBLOCK)
    try:
        return os.write(descriptor, data)
    finally:
        os.close(descriptor)


def system_call(name: str, *arguments: object) -> int:
    """A system call by its name, past the C library. Raises `OSError`."""
    got: int = libc.syscall(_CALLS[platform.machine()][name], *arguments)
    return checked(got)


def checked(result: int) -> int:
    """What a function of the C library returned. Raises `OSError` when that is an error."""
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result
