"""Several processes that train one policy: `torchrun --nproc-per-node N -m forgegym train ...`.

Each process samples its share of an iteration's groups and then knows the whole batch; each scores
its share of an optimizer step's rows over the whole step's denominator, and the gradients are
added. Advantages, whitening and every other statistic are therefore those of one process, and so is
the run, but for the last digits of sums. Only the first process writes files and speaks.

Adapters are megabytes, so gradients travel through gloo on the CPU whatever the device is. The
processes share one folder, and so one machine.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

import torch
import torch.distributed as dist

T = TypeVar("T")


class PeerFailedError(RuntimeError):
    """Another process of a run has ended; it has said itself why."""


@contextlib.contextmanager
def _together() -> Iterator[None]:
    try:
        yield
    except RuntimeError as error:  # gloo has no other
        raise PeerFailedError("another process of this run has failed; it says why") from error


@dataclass(frozen=True, slots=True)
class World:
    """The processes of a run: this one is number `rank` of `size`.

    What waits for the others raises `PeerFailedError` when one of them has ended.
    """

    rank: int = 0
    size: int = 1

    @property
    def first(self) -> bool:
        """Whether this process writes and speaks."""
        return self.rank == 0

    def share(self, items: Sequence[T]) -> list[T]:
        """Every `size`-th item: what falls to this process."""
        return list(items[self.rank :: self.size])

    def gather(self, mine: T) -> list[T]:
        """What every process has, in the order of their ranks."""
        if self.size == 1:
            return [mine]
        found: list[T | None] = [None] * self.size
        with _together():
            dist.all_gather_object(found, mine)
        return found  # type: ignore[return-value]

    def agreed(self, value: T) -> T:
        """The first process's value."""
        return self.gather(value)[0]

    def any(self, flag: bool) -> bool:
        """Whether it holds in any process."""
        return any(self.gather(flag))

    def first_does(self, action: Callable[[], object]) -> None:
        """Runs it in the first process alone; the others go on when it is done. What it raises is
        raised there, and ends the others without a word."""
        failed = False
        try:
            if self.first:
                action()
        except BaseException:
            failed = True
            raise
        finally:
            if self.agreed(failed) and not self.first:
                raise SystemExit(1)

    def add_gradients(self, parameters: Sequence[torch.nn.Parameter]) -> None:
        """Gives every process the sum of all processes' gradients.

        One that has none counts as zeros; where no process has any there is none afterwards, since
        an optimizer counts its steps by parameter.
        """
        if self.size == 1:
            return
        there = torch.tensor([p.grad is not None for p in parameters], dtype=torch.uint8)
        with _together():
            dist.all_reduce(there, dist.ReduceOp.MAX)
        parameters = [p for p, any_has in zip(parameters, there.tolist(), strict=True) if any_has]
        if not parameters:
            return
        gradients = [torch.zeros_like(p) if p.grad is None else p.grad for p in parameters]
        flat = torch.cat([g.detach().float().cpu().flatten() for g in gradients])
        with _together():
            dist.all_reduce(flat)
        for parameter, gradient, total in zip(
            parameters, gradients, flat.split([g.numel() for g in gradients]), strict=True
        ):
            parameter.grad = total.view_as(gradient).to(gradient)


def local_device(device: torch.device) -> torch.device:
    """`device`, or this process's own of several GPUs."""
    if device.type == "cuda" and device.index is None and "LOCAL_RANK" in os.environ:
        return torch.device("cuda", int(os.environ["LOCAL_RANK"]))
    return device


@contextlib.contextmanager
def join() -> Iterator[World]:
    """The world that `torchrun` has made, or one process."""
    size = int(os.environ.get("WORLD_SIZE", "1"))
    if size == 1:
        yield World()
        return
    dist.init_process_group("gloo")
    try:
        yield World(dist.get_rank(), size)
    finally:
        dist.destroy_process_group()
