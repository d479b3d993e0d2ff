"""`RustCode-v0`: write a Rust function."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..verifiers.rust.toolchain import RustVerifier
from ..verifiers.sandbox.base import Sandbox
from ..verifiers.sandbox.choose import Choice as SandboxChoice
from ..verifiers.verifier import check_choice
from .code_env import CodeEnv, EpisodeSettings, TaskSource, own_or_shared
from .rewards import RewardFunction
from .tasks import rust as rust_tasks
from .tasks.rust_sets import RustSet
from .vector import CodeVectorEnv

if TYPE_CHECKING:
    from typing_extensions import Unpack

TOOLCHAINS = ("auto", "rustc")


def open_set(tasks_from: str | RustSet, verifier: RustVerifier) -> RustSet:
    """The set of this name (`tasks.rust_sets`), or one that is open. Raises as `RustSet`."""
    return RustSet(tasks_from, verifier) if isinstance(tasks_from, str) else tasks_from


class RustCodeEnv(CodeEnv):
    """The prompt asks for one public function; the action is a Rust file that has it. rustc
    compiles it, and it is called with hidden arguments.

    Args:
        toolchain: ``"rustc"``, or ``"auto"``, which is the same: there is no other.
        sandbox, allow_unsafe, workers: What rustc and programs run in, and how many at a time; see
            `RustVerifier`.
        reward: ``"staged"`` (default), ``"binary"``, ``"nanochat"``, or a function; see
            `envs.rewards`.
        tasks_from: A set of tasks that people know, ``"KIND:PATH"`` (see `tasks.rust_sets`), or one
            that is open; all of it is asked in ``eval``. None: ForgeGym's own.
        verifier: One that is shared, in place of one that these arguments describe.
        max_turns, split, families, difficulty, render_mode, judge: See `CodeEnv`.

    Raises:
        ToolchainMissingError: There is no rustc.
        SandboxUnavailableError: There is no sandbox to run it in.
        ChoiceError: An argument is none of its choices.
    """

    kind = "rust"

    def __init__(
        self,
        *,
        toolchain: str = "auto",
        sandbox: SandboxChoice | Sandbox = "auto",
        allow_unsafe: bool = False,
        workers: int | None = None,
        tasks_from: str | RustSet | None = None,
        reward: str | RewardFunction = "staged",
        max_turns: int = 4,
        verifier: RustVerifier | None = None,
        **episode: Unpack[EpisodeSettings],
    ) -> None:
        check_choice("Rust toolchain", toolchain, TOOLCHAINS)

        def open_own() -> RustVerifier:
            return RustVerifier(sandbox=sandbox, allow_unsafe=allow_unsafe, workers=workers)

        with own_or_shared(verifier, open_own) as (judging, owned):
            tasks: TaskSource = rust_tasks
            if tasks_from is not None:
                tasks = open_set(tasks_from, judging)
                episode["split"] = "eval"
            super().__init__(
                tasks,
                judging,
                reward=reward,
                max_turns=max_turns,
                owns_verifier=owned,
                **episode,
            )


class RustCodeVectorEnv(CodeVectorEnv):
    """`num_envs` episodes of `RustCodeEnv` over one verifier, with what that takes; see
    `gymnasium.make_vec`."""

    env_class = RustCodeEnv
