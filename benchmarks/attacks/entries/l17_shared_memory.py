"""L17 G20: leaves shared memory, semaphores and message queues, of System V and of POSIX.

Safe: the next job finds none of them.
"""

import ctypes
import os

from ..kit import hit, libc, system_call

KEY = 0x464F5247
CREATE, READ_WRITE = 0o1000, 0o600
REMOVE = 0
NAME = b"forgegym-left"  # mq_open(2) itself takes it without the slash


def plant() -> None:
    print(libc.shmget(KEY, 4096, CREATE | READ_WRITE))
    print(libc.semget(KEY, 1, CREATE | READ_WRITE))
    queue = libc.msgget(KEY, CREATE | READ_WRITE)
    message = ctypes.create_string_buffer(b"\1" + bytes(7) + b"hello", 32)
    print(queue, libc.msgsnd(queue, message, 5, 0))
    try:
        print(system_call("mq_open", NAME, os.O_CREAT | os.O_RDWR, 0o600, None))
    except OSError as error:
        print("refused", error.strerror)
    with open("/dev/shm/forgegym-left", "w") as file:
        file.write("hello")


def look() -> None:
    shared = libc.shmget(KEY, 0, 0)
    if shared >= 0:
        hit("shared memory")
        libc.shmctl(shared, REMOVE, None)
    semaphores = libc.semget(KEY, 0, 0)
    if semaphores >= 0:
        hit("semaphores")
        libc.semctl(semaphores, 0, REMOVE)
    queue = libc.msgget(KEY, 0)
    if queue >= 0:
        hit("a message queue of System V")
        libc.msgctl(queue, REMOVE, None)
    try:
        system_call("mq_open", NAME, os.O_RDONLY, 0, None)
    except OSError as error:
        print("refused", error.strerror)
    else:
        hit("a message queue of POSIX")
    if os.path.exists("/dev/shm/forgegym-left"):
        hit("a file in /dev/shm")
        os.unlink("/dev/shm/forgegym-left")
