"""`RustCode-v0`: write a Rust function."""

from __future__ import annotations

from collections.abc import Iterable

from gymnasium.vector import AutoresetMode

from ..verifiers.rust.toolchain import RustVerifier
from ..verifiers.sandbox.base import Sandbox
from ..verifiers.sandbox.choose import Choice as SandboxChoice
from ..verifiers.verifier import ChoiceError
from .code_env import CodeEnv, TaskSource
from .judge import Judge, JudgeChoice, make_judge
from .rewards import RewardFunction
from .tasks import rust as rust_tasks
from .tasks.rust_sets import RustSet
from .vector import CodeVectorEnv

TOOLCHAINS = ("auto", "rustc")


def _verifier(
    toolchain: str,
    sandbox: SandboxChoice | Sandbox,
    allow_unsafe: bool,
    workers: int | None = None,
) -> RustVerifier:
    if toolchain not in TOOLCHAINS:
        known = ", ".join(TOOLCHAINS)
        raise ChoiceError(f"unknown Rust toolchain {toolchain!r}; there are: {known}")
    return RustVerifier(sandbox=sandbox, allow_unsafe=allow_unsafe, workers=workers)


def _set(tasks_from: str | RustSet, verifier: RustVerifier) -> RustSet:
    return RustSet(tasks_from, verifier) if isinstance(tasks_from, str) else tasks_from


class RustCodeEnv(CodeEnv):
    """The prompt asks for one public function; the action is a Rust file that has it. rustc
    compiles it, and it is called with hidden arguments.

    Args:
        toolchain: ``"rustc"``, or ``"auto"``, which is the same: there is no other.
        sandbox, allow_unsafe: What rustc and programs run in; see `RustVerifier`.
        reward: ``"staged"`` (default), ``"binary"``, ``"nanochat"``, or a function; see
            `envs.rewards`.
        tasks_from: A set of tasks that people know, ``"KIND:PATH"`` (see `tasks.rust_sets`), or one
            that is open; all of it is asked in ``eval``. None: ForgeGym's own.
        max_turns, split, families, difficulty, render_mode, judge: See `CodeEnv`.

    Raises:
        ToolchainMissingError: There is no rustc.
        SandboxUnavailableError: There is no sandbox to run it in.
        ChoiceError: An argument is none of its choices.
    """

    def __init__(
        self,
        *,
        toolchain: str = "auto",
        sandbox: SandboxChoice | Sandbox = "auto",
        allow_unsafe: bool = False,
        tasks_from: str | RustSet | None = None,
        reward: str | RewardFunction = "staged",
        max_turns: int = 4,
        split: str = "train",
        families: Iterable[str] | None = None,
        difficulty: int | None = None,
        render_mode: str | None = None,
        judge: JudgeChoice | None = None,
        verifier: RustVerifier | None = None,
    ) -> None:
        owned = verifier is None
        verifier = verifier or _verifier(toolchain, sandbox, allow_unsafe)
        tasks: TaskSource = rust_tasks
        try:
            if tasks_from is not None:
                tasks, split = _set(tasks_from, verifier), "eval"
        except BaseException:
            if owned:
                verifier.close()
            raise
        super().__init__(
            tasks,
            verifier,
            reward=reward,
            max_turns=max_turns,
            split=split,
            families=families,
            difficulty=difficulty,
            render_mode=render_mode,
            judge=judge,
            owns_verifier=owned,
        )


class RustCodeVectorEnv(CodeVectorEnv):
    """`num_envs` episodes of `RustCodeEnv` over one verifier, for `gymnasium.make_vec`.

    Args:
        num_envs, autoreset_mode: See `CodeVectorEnv`.
        workers: How many programs are judged at a time (None: one per CPU).
        toolchain and the rest: See `RustCodeEnv`.
    """

    def __init__(
        self,
        num_envs: int = 1,
        *,
        workers: int | None = None,
        autoreset_mode: AutoresetMode | str = AutoresetMode.NEXT_STEP,
        toolchain: str = "auto",
        sandbox: SandboxChoice | Sandbox = "auto",
        allow_unsafe: bool = False,
        tasks_from: str | RustSet | None = None,
        reward: str | RewardFunction = "staged",
        max_turns: int = 4,
        split: str = "train",
        families: Iterable[str] | None = None,
        difficulty: int | None = None,
        render_mode: str | None = None,
        judge: JudgeChoice | None = None,
    ) -> None:
        shared = make_judge(judge)
        verifier = _verifier(toolchain, sandbox, allow_unsafe, workers)
        chosen = None if families is None else tuple(families)
        try:
            known = None if tasks_from is None else _set(tasks_from, verifier)
        except BaseException:
            verifier.close()
            raise
        super().__init__(
            lambda: RustCodeEnv(
                tasks_from=known,
                reward=reward,
                max_turns=max_turns,
                split=split,
                families=chosen,
                difficulty=difficulty,
                render_mode=render_mode,
                judge=shared,
                verifier=verifier,
            ),
            verifier,
            num_envs,
            autoreset_mode=autoreset_mode,
            judge=None if isinstance(judge, Judge) else shared,
        )
