"""A seccomp filter over every box: calls that no program, compiler or simulator needs.

Kernels have been broken through most of them, and boxes could talk through the rest. In Docker's
boxes it lies over the engine's own profile, which differs from version to version (20.10 lets
io_uring and vsock through). Assembled by hand (`struct sock_filter`, linux/filter.h; seccomp(2)):
no library is needed, and what is filtered can be read below.
"""

from __future__ import annotations

import errno
import os
import struct

# Audit architecture (linux/audit.h) and the numbers of each machine's calls (asm/unistd_64.h of
# x86-64, asm-generic/unistd.h of aarch64). Calls that a machine lacks are left out.
_MACHINES: dict[str, tuple[int, dict[str, int]]] = {
    "x86_64": (
        0xC000003E,
        {
            "acct": 163, "add_key": 248, "adjtimex": 159, "bpf": 321, "clock_adjtime": 305,
            "clock_settime": 227, "clone": 56, "clone3": 435, "create_module": 174,
            "delete_module": 176, "fanotify_init": 300, "finit_module": 313, "flock": 73,
            "fsconfig": 431, "fsmount": 432, "fsopen": 430, "fspick": 433, "get_kernel_syms": 177,
            "init_module": 175, "inotify_add_watch": 254, "inotify_init": 253,
            "inotify_init1": 294, "quotactl_fd": 443, "io_uring_enter": 426,
            "io_uring_register": 427, "io_uring_setup": 425, "ioctl": 16, "ioperm": 173,
            "iopl": 172, "kcmp": 312,
            "kexec_file_load": 320, "kexec_load": 246, "keyctl": 250,
             "lookup_dcookie": 212, "mbind": 237, "memfd_create": 319, "memfd_secret": 447,
            "migrate_pages": 256, "mount": 165, "mount_setattr": 442, "move_mount": 429,
            "move_pages": 279, "msgget": 68, "name_to_handle_at": 303, "nfsservctl": 180,
            "open_by_handle_at": 304, "open_tree": 428, "perf_event_open": 298,
            "pidfd_getfd": 438, "pivot_root": 155, "process_madvise": 440,
            "process_vm_readv": 310, "process_vm_writev": 311, "ptrace": 101, "query_module": 178,
            "quotactl": 179, "reboot": 169, "request_key": 249, "semget": 64,
            "set_mempolicy": 238, "setdomainname": 171, "sethostname": 170, "setns": 308,
            "settimeofday": 164, "shmget": 29, "socket": 41, "socketpair": 53, "swapoff": 168,
            "swapon": 167, "syslog": 103, "umount2": 166, "unshare": 272, "uselib": 134,
            "userfaultfd": 323, "ustat": 136, "vhangup": 153,
        },
    ),
    "aarch64": (
        0xC00000B7,
        {
            "acct": 89, "add_key": 217, "adjtimex": 171, "bpf": 280, "clock_adjtime": 266,
            "clock_settime": 112, "clone": 220, "clone3": 435, "delete_module": 106,
            "fanotify_init": 262, "finit_module": 273, "flock": 32, "fsconfig": 431, "fsmount": 432,
            "fsopen": 430, "fspick": 433, "init_module": 105, "inotify_add_watch": 27,
            "inotify_init1": 26, "quotactl_fd": 443, "io_uring_enter": 426,
            "io_uring_register": 427, "io_uring_setup": 425, "ioctl": 29, "kcmp": 272,
            "kexec_file_load": 294, "kexec_load": 104, "keyctl": 219,
             "lookup_dcookie": 18, "mbind": 235, "memfd_create": 279, "memfd_secret": 447,
            "migrate_pages": 238, "mount": 40, "mount_setattr": 442, "move_mount": 429,
            "move_pages": 239, "msgget": 186, "name_to_handle_at": 264, "nfsservctl": 42,
            "open_by_handle_at": 265, "open_tree": 428, "perf_event_open": 241,
            "pidfd_getfd": 438, "pivot_root": 41, "process_madvise": 440, "process_vm_readv": 270,
            "process_vm_writev": 271, "ptrace": 117, "quotactl": 60, "reboot": 142,
            "request_key": 218, "semget": 190, "set_mempolicy": 237, "setdomainname": 162,
            "sethostname": 161, "setns": 268, "settimeofday": 170, "shmget": 194, "socket": 198,
            "socketpair": 199, "swapoff": 225, "swapon": 224,
            "syslog": 116, "umount2": 39, "unshare": 97, "userfaultfd": 282, "vhangup": 58,
        },
    ),
}  # fmt: skip

# `flock` and `inotify` are there because bubblewrap's boxes see the same files: a lock, or that a
# file was opened, is a message to another box. `memfd_create`, `memfd_secret` and System V's three
# make memory that belongs to no process and no file system: nobody counts it where no control group
# does.

# Looked at closer than by their numbers.
_BY_ARGUMENT = ("clone", "clone3", "ioctl", "socket", "socketpair")
# x86-64's second table of the same calls; nothing that we run uses it.
_X32_BIT = 0x40000000
# CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET, NEWTIME (linux/sched.h).
_NAMESPACES = 0x7E020080
_TIOCSTI, _TIOCLINUX = 0x5412, 0x541C
# The one family of sockets that leaves no trace: a box has no network, but its loopback counts, and
# remembers closed connections. With it, vsock and other ways to the host are refused.
_AF_UNIX = 1

# prctl(2)
_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER = 22, 2
# Instructions (linux/bpf_common.h) and return values (linux/seccomp.h).
_LOAD, _JUMP_EQUAL, _JUMP_SET, _JUMP_ABOVE, _RETURN = 0x20, 0x15, 0x45, 0x35, 0x06
_ALLOW, _KILL, _ERRNO = 0x7FFF0000, 0x80000000, 0x00050000
# Offsets in struct seccomp_data: the number, the architecture, the low half of arguments 0 and 1.
_NUMBER, _ARCHITECTURE, _ARGUMENT_0, _ARGUMENT_1 = 0, 4, 16, 24


def program(machine: str | None = None) -> bytes:
    """The filter for `machine` (default: this one) as an array of ``struct sock_filter``.

    Another architecture's calls kill the caller; refused calls fail with EPERM, sockets with
    EAFNOSUPPORT, as where the kernel has no such family, and `clone3` with ENOSYS, since its flags
    lie in memory where no filter can read them: C libraries then use `clone`.

    Raises `KeyError` for a machine whose calls are not known here.
    """
    architecture, numbers = _MACHINES[machine or os.uname().machine]
    refused = [number for name, number in numbers.items() if name not in _BY_ARGUMENT]
    code = [
        (_LOAD, 0, 0, _ARCHITECTURE),
        (_JUMP_EQUAL, 1, 0, architecture),
        (_RETURN, 0, 0, _KILL),
        (_LOAD, 0, 0, _NUMBER),
    ]
    if architecture == _MACHINES["x86_64"][0]:
        code += [(_JUMP_ABOVE, 0, 1, _X32_BIT), (_RETURN, 0, 0, _KILL)]
    for number in sorted(refused):
        code += [(_JUMP_EQUAL, 0, 1, number), (_RETURN, 0, 0, _ERRNO | errno.EPERM)]
    code += [(_JUMP_EQUAL, 0, 1, numbers["clone3"]), (_RETURN, 0, 0, _ERRNO | errno.ENOSYS)]
    code += [
        (_JUMP_EQUAL, 0, 4, numbers["clone"]),
        (_LOAD, 0, 0, _ARGUMENT_0),
        (_JUMP_SET, 0, 1, _NAMESPACES),
        (_RETURN, 0, 0, _ERRNO | errno.EPERM),
        (_RETURN, 0, 0, _ALLOW),
        (_JUMP_EQUAL, 0, 5, numbers["ioctl"]),
        (_LOAD, 0, 0, _ARGUMENT_1),
        (_JUMP_EQUAL, 1, 0, _TIOCSTI),
        (_JUMP_EQUAL, 0, 1, _TIOCLINUX),
        (_RETURN, 0, 0, _ERRNO | errno.EPERM),
        (_RETURN, 0, 0, _ALLOW),
        (_JUMP_EQUAL, 1, 0, numbers["socket"]),
        (_JUMP_EQUAL, 0, 3, numbers["socketpair"]),
        (_LOAD, 0, 0, _ARGUMENT_0),
        (_JUMP_EQUAL, 1, 0, _AF_UNIX),
        (_RETURN, 0, 0, _ERRNO | errno.EAFNOSUPPORT),
        (_RETURN, 0, 0, _ALLOW),
    ]
    return b"".join(struct.pack("<HBBI", *instruction) for instruction in code)


def install() -> None:
    """Put the filter over this process and all that it will start, for good.

    Raises `OSError` when the kernel does not take it, `KeyError` for a machine not known here.
    """
    import ctypes

    class Program(ctypes.Structure):  # struct sock_fprog
        _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_char_p))

    code = program()
    wanted = Program(len(code) // 8, code)
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.byref(wanted), 0, 0):
        raise OSError(ctypes.get_errno(), "the seccomp filter was not taken")
