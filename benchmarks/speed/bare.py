"""The toolchain without a sandbox: what a benchmark's bare row runs, and times.

Started as ``python -I -S -c <this file's text> FOLDER``, on the host or in a plain container, so
that both bare rows are the same code. It takes orders as lines of JSON and answers each with one.
Only the processes are inside the clock: the work folder is filled before it starts and emptied
after it stops, so that bare figures are as low as they can honestly be. Standard library only.
"""

from __future__ import annotations

import json
import os
import shutil
import struct
import subprocess
import sys
import time
from base64 import b64decode
from typing import Any

HEADER = struct.Struct(">I")
# Where a step of a sandbox's job finds its requests and puts its answers.
REQUESTS, ANSWERS = 3, 4
# No work item takes a second; one that hangs must not hang the benchmark.
STEP_SECONDS = 60.0


def main() -> None:
    """Serve until standard input ends."""
    folder = sys.argv[1]
    for descriptor in (REQUESTS, ANSWERS):  # theirs from now on: nothing else may land there
        _nowhere(descriptor)
    for line in sys.stdin:
        order = json.loads(line)
        answer = find(order["tools"]) if "tools" in order else repeat(order, folder)
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


def find(tools: dict[str, list[str]]) -> dict[str, Any]:
    """Tool -> its path and its version (the first line of what it says to the given arguments)."""
    found: dict[str, Any] = {}
    for tool, arguments in tools.items():
        path = shutil.which(tool)
        if path is not None:
            said = ""
            if arguments:
                done = subprocess.run([path, *arguments], capture_output=True, text=True)
                said = (done.stdout + done.stderr).partition("\n")[0].strip()
            found[tool] = {"path": path, "version": said}
    return found


def repeat(order: dict[str, Any], folder: str) -> dict[str, Any]:
    """Do the steps `count` times, each in a fresh work folder: the seconds, those of each step, and
    what went wrong."""
    work, temporary = os.path.join(folder, "work"), os.path.join(folder, "tmp")
    # As a box's, and nothing else: a variable of the user's (NODE_EXTRA_CA_CERTS, say) can cost a
    # tool more than all that is measured here.
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": work,
        "LANG": "C.UTF-8",
        "TMPDIR": temporary,
    }
    seconds: list[float] = []
    of_steps: list[list[float]] = [[] for _ in order["steps"]]
    answers: list[str] = []
    for _ in range(order["count"]):
        for place in (work, temporary):
            shutil.rmtree(place, ignore_errors=True)  # of an item that failed
            os.mkdir(place)
        for name, content in order["files"].items():
            data = content.encode() if isinstance(content, str) else b64decode(content["base64"])
            with open(os.path.join(work, name), "wb") as file:
                file.write(data)
        os.chdir(work)
        answers = []
        ended = started = time.perf_counter()
        for number, step in enumerate(order["steps"]):
            code = _run(step, {**environment, **step.get("environment", {})}, answers)
            if code:
                return {"error": f"{step['argv'][0]} ended with {code}"}
            begun, ended = ended, time.perf_counter()
            of_steps[number].append(ended - begun)
        seconds.append(ended - started)
        os.chdir("/")
        for place in (work, temporary):
            shutil.rmtree(place)
    return {"seconds": seconds, "steps": of_steps, "answers": answers}


def _run(step: dict[str, Any], environment: dict[str, str], answers: list[str]) -> int:
    if not step["requests"]:
        return subprocess.run(
            step["argv"],
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=STEP_SECONDS,
        ).returncode
    asks, request_end = os.pipe()
    answer_end, replies = os.pipe()
    for descriptor, place in ((asks, REQUESTS), (replies, ANSWERS)):
        os.dup2(descriptor, place)
        os.close(descriptor)
    process = subprocess.Popen(
        step["argv"],
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        pass_fds=(REQUESTS, ANSWERS),
    )
    for place in (REQUESTS, ANSWERS):
        _nowhere(place)
    with open(request_end, "wb", 0) as requests, open(answer_end, "rb") as replied:
        for request in step["requests"]:
            requests.write(HEADER.pack(len(request)) + request.encode())
            (length,) = HEADER.unpack(replied.read(HEADER.size))
            answers.append(replied.read(length).decode())
        requests.close()
        process.communicate(timeout=STEP_SECONDS)
    return process.returncode


def _nowhere(descriptor: int) -> None:
    null = os.open(os.devnull, os.O_RDWR)
    if null != descriptor:
        os.dup2(null, descriptor)
        os.close(null)


if __name__ == "__main__":
    main()
