"""L12: one of each system call by which kernels have been broken, or that no program needs.

Safe: all are refused.
"""

import fcntl
import os
import socket

from ..kit import attempt, system_call

# Arguments that could do no harm where the call is allowed.
CALLS = (
    ("keyctl", 0, -3, 0), ("add_key", b"user", b"forgegym", b"x", 1, -3), ("bpf", 0, None, 0),
    ("perf_event_open", None, 0, -1, -1, 0), ("io_uring_setup", 4, bytes(120)),
    ("userfaultfd", 0), ("mount", b"none", b"/tmp", b"tmpfs", 0, None), ("umount2", b"/none", 0),
    ("pivot_root", b".", b"."), ("unshare", 0x10000000), ("setns", 0, 0), ("swapon", b"/none", 0),
    ("kexec_load", 0, 0, None, 0), ("init_module", None, 0, b""), ("fsopen", b"tmpfs", 0),
    ("open_by_handle_at", -1, None, 0), ("syslog", 3, None, 0),
    ("process_vm_readv", 1, None, 0, None, 0, 0), ("memfd_create", b"forgegym", 0),
    ("memfd_secret", 0), ("shmget", 0, 4096, 0o1600), ("semget", 0, 1, 0o1600),
    ("msgget", 0, 0o1600),
)  # fmt: skip
VSOCK, PACKET = 40, 17
TIOCSTI = 0x5412


def attack() -> None:
    for name, *arguments in CALLS:
        attempt(name, system_call, name, *arguments)
    attempt("vsock", socket.socket, VSOCK, socket.SOCK_STREAM)
    attempt("packet", socket.socket, PACKET, socket.SOCK_RAW)
    attempt("a terminal's input", type_into_terminal)


def type_into_terminal() -> None:
    fcntl.ioctl(os.open("/dev/tty", os.O_RDWR), TIOCSTI, b"x")
