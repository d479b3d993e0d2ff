"""`RustCode-v0`: write a Rust function."""

from __future__ import annotations

from collections.abc import Iterable

from gymnasium.vector import AutoresetMode

from ..verifiers.rust.toolchain import RustVerifier
from ..verifiers.sandbox.base import Sandbox
from ..verifiers.sandbox.choose import Choice as SandboxChoice
from ..verifiers.verifier import ChoiceError
from .code_env import CodeEnv
from .judge import Judge, JudgeChoice, make_judge
from .rewards import RewardFunction
from .tasks import rust as rust_tasks
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


class RustCodeEnv(CodeEnv):
    """The prompt asks for one public function; the action is a Rust file that has it. rustc
    compiles it, and it is called with hidden arguments.

    Args:
        toolchain: ``"rustc"``, or ``"auto"``, which is the same: there is no other.
        sandbox, allow_unsafe: What rustc and programs run in; see `RustVerifier`.
        reward: ``"staged"`` (default), ``"binary"``, ``"nanochat"``, or a function; see
            `envs.rewards`.
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
        reward: str | RewardFunction = "staged",
        max_turns: int = 4,
        split: str = "train",
        families: Iterable[str] | None = None,
        difficulty: int | None = None,
        render_mode: str | None = None,
        judge: JudgeChoice | None = None,
        verifier: RustVerifier | None = None,
    ) -> None:
        super().__init__(
            rust_tasks,
            verifier or _verifier(toolchain, sandbox, allow_unsafe),
            reward=reward,
            max_turns=max_turns,
            split=split,
            families=families,
            difficulty=difficulty,
            render_mode=render_mode,
            judge=judge,
            owns_verifier=verifier is None,
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
        super().__init__(
            lambda: RustCodeEnv(
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
