"""`forgegym` in processes of its own that have imported torch already: forked from one that has.

Importing torch, transformers and peft takes five seconds of the processor, longer than the small
runs of the tests of trainers. What such a process does with signals, files, its exit code and what
it prints is what `python -m forgegym` does.
"""

import multiprocessing
import os
import runpy
import signal
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload(
    [
        "forgegym.cli",
        "forgegym.agents.ppo",
        "transformers.models.llama.modeling_llama",
        "matplotlib.pyplot",
    ]
)


class Forked:
    """A command that has been started.

    Args:
        arguments: What follows ``forgegym`` on a command line.
        environment: Variables that the process has besides those of the tests.
    """

    def __init__(self, *arguments: object, environment: Mapping[str, str] | None = None) -> None:
        file, path = tempfile.mkstemp(prefix="forgegym-said-")
        os.close(file)
        self._output = Path(path)
        command = ["forgegym", *map(str, arguments)]
        self._process = _CONTEXT.Process(
            target=_main, args=(command, dict(environment or {}), path), daemon=True
        )
        self._process.start()

    def poll(self) -> int | None:
        """The exit code, that of a signal negative; None while it runs."""
        return self._process.exitcode

    def send_signal(self, number: signal.Signals) -> None:
        """As `subprocess.Popen.send_signal`."""
        if self.poll() is None and self._process.pid is not None:
            os.kill(self._process.pid, number)

    def wait(self, seconds: float = 250.0) -> tuple[int, str]:
        """The exit code, and all that was printed; fails after so many seconds."""
        self._process.join(seconds)
        code = self._process.exitcode
        if code is None:
            self._process.kill()
            self._process.join()
        said = self._output.read_text()
        self._output.unlink()
        assert code is not None, f"no end after {seconds} s: {said}"
        return code, said


def run(*arguments: object) -> str:
    """What a command prints that succeeds."""
    code, said = Forked(*arguments).wait()
    assert code == 0, said
    return said


def _main(command: list[str], environment: dict[str, str], output: str) -> None:
    os.environ.update(environment)
    with open(output, "wb") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)

    import torch

    # One thread: the sums of a matrix product then never depend on how it was shared out.
    torch.set_num_threads(1)
    sys.argv = command
    runpy.run_module("forgegym", run_name="__main__", alter_sys=True)
