"""G25 L11: another user, capabilities, set-uid programs, namespaces, mounts, devices.

Safe: all of it is refused; the job is nobody, and can become nobody else.
"""

import os
import stat
import subprocess

from ..kit import attempt, hit, system_call, write_to

CLONE_NEWUSER, CLONE_NEWNS, CLONE_NEWPID, CLONE_NEWNET = 0x10000000, 0x20000, 0x20000000, 0x40000000
SET_UID = (
    "/usr/bin/su",
    "/usr/bin/mount",
    "/usr/bin/passwd",
    "/usr/bin/sudo",
    "/usr/bin/newuidmap",
)


def attack() -> None:
    with open("/proc/self/status") as file:
        status = dict(line.split(":\t", 1) for line in file if ":\t" in line)
    if 0 in map(int, status["Uid"].split() + status["Gid"].split()):
        hit("it is root")
    if status["NoNewPrivs"].strip() != "1":
        hit("it may gain privileges by exec")
    if int(status["CapEff"], 16) or int(status["CapPrm"], 16) or int(status["CapAmb"], 16):
        hit("it has capabilities")
    attempt("to be root", os.setuid, 0)
    attempt("to be of its group", os.setgid, 0)
    attempt("to join groups", os.setgroups, [0])
    for name in ("USER", "NS", "PID", "NET"):
        flag = globals()[f"CLONE_NEW{name}"]
        attempt(f"a namespace ({name})", system_call, "unshare", flag)
    attempt("a mount", system_call, "mount", b"none", b"/tmp", b"tmpfs", 0, 0)
    attempt("a remount", system_call, "mount", b"none", b"/", None, 32 | 4096, 0)
    attempt("an unmount", system_call, "umount2", b"/proc", 2)
    attempt("a root", os.chroot, "/tmp")
    attempt("a device", os.mknod, "sda", stat.S_IFBLK | 0o600, os.makedev(8, 0))
    attempt("a setting", os.open, "/proc/sys/kernel/core_pattern", os.O_WRONLY)
    attempt("the magic key", os.open, "/proc/sysrq-trigger", os.O_WRONLY)
    attempt("a higher priority", os.nice, -20)
    attempt("real time", os.sched_setscheduler, 0, os.SCHED_FIFO, os.sched_param(1))
    attempt("memory devices", os.open, "/dev/mem", os.O_RDONLY)
    attempt("its own map", write_to, "/proc/self/uid_map", b"0 0 1")
    for program in filter(os.path.exists, SET_UID):
        became_root(program)
    for place in (".", "/tmp", "/dev/shm"):
        if not os.statvfs(place).f_flag & os.ST_NOSUID:
            hit(f"set-uid bits count in {place}")


def became_root(program: str) -> None:
    """Asks a set-uid program for something that it does for root alone."""
    command = (
        [program, "--", "root", "-c", "id"] if program.endswith("su") else [program, "-n", "id"]
    )
    try:
        said = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=2)
    except (OSError, subprocess.TimeoutExpired):
        return
    if b"uid=0" in said.stdout:
        hit(f"{program} has made it root")
