"""G06 L6: twenty times as many empty files as a place may have.

Safe: refused at the place's number of inodes, or killed on the way (MEMORY).
"""

from ..kit import WORK_FILES, hit

EXPECT = "ok memory"
LIMITS = {"seconds": 20.0}


def attack() -> None:
    count = 0
    try:
        while count < 20 * WORK_FILES:
            open(f"{count}", "x").close()
            count += 1
    except OSError as error:
        print("refused", error.strerror)
    # Twice: where the kernel does not count inodes, the supervisor looks some times a second.
    if count > 10 * WORK_FILES:
        hit(f"{count} files")
