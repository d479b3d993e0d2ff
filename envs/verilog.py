"""`VerilogModule-v0`: write a Verilog module."""

from __future__ import annotations

from collections.abc import Iterable

from gymnasium.vector import AutoresetMode

from ..verifiers.sandbox.base import Sandbox
from ..verifiers.sandbox.choose import Choice as SandboxChoice
from ..verifiers.verifier import ChoiceError
from ..verifiers.verilog.toolchain import VerilogVerifier
from .code_env import CodeEnv, TaskSource
from .judge import Judge, JudgeChoice, make_judge
from .rewards import RewardFunction
from .tasks import verilog as verilog_tasks
from .tasks.verilog_sets import VerilogSet
from .vector import CodeVectorEnv

TOOLCHAINS = ("auto", "iverilog+yosys")


def _verifier(
    toolchain: str,
    sandbox: SandboxChoice | Sandbox,
    allow_unsafe: bool,
    lint: bool,
    prove: bool,
    workers: int | None = None,
) -> VerilogVerifier:
    if toolchain not in TOOLCHAINS:
        known = ", ".join(TOOLCHAINS)
        raise ChoiceError(f"unknown Verilog toolchain {toolchain!r}; there are: {known}")
    return VerilogVerifier(
        sandbox=sandbox, allow_unsafe=allow_unsafe, lint=lint, prove=prove, workers=workers
    )


def _set(tasks_from: str | VerilogSet, verifier: VerilogVerifier) -> VerilogSet:
    return VerilogSet(tasks_from, verifier) if isinstance(tasks_from, str) else tasks_from


class VerilogModuleEnv(CodeEnv):
    """The prompt asks for one module; the action is a SystemVerilog file that has it. Icarus
    Verilog elaborates it, Yosys synthesises it, and what was synthesised is simulated with hidden
    stimulus.

    Args:
        toolchain: ``"iverilog+yosys"``, or ``"auto"``, which is the same: there is no other.
        sandbox, allow_unsafe, lint, prove: See `VerilogVerifier`.
        reward: ``"staged"`` (default), ``"binary"``, ``"verigen"``, or a function; see
            `envs.rewards`.
        tasks_from: A set of tasks that people know, ``"verilog-eval:FOLDER"`` or
            ``"rtllm:FOLDER"`` (see `tasks.verilog_sets`), or one that is open; all of it is asked
            in ``eval``. None: ForgeGym's own.
        max_turns, split, families, difficulty, render_mode, judge: See `CodeEnv`.

    Raises:
        ToolchainMissingError: A tool is missing.
        SandboxUnavailableError: There is no sandbox to run them in.
        ChoiceError: An argument is none of its choices.
    """

    def __init__(
        self,
        *,
        toolchain: str = "auto",
        sandbox: SandboxChoice | Sandbox = "auto",
        allow_unsafe: bool = False,
        lint: bool = True,
        prove: bool = False,
        tasks_from: str | VerilogSet | None = None,
        reward: str | RewardFunction = "staged",
        max_turns: int = 4,
        split: str = "train",
        families: Iterable[str] | None = None,
        difficulty: int | None = None,
        render_mode: str | None = None,
        judge: JudgeChoice | None = None,
        verifier: VerilogVerifier | None = None,
    ) -> None:
        owned = verifier is None
        verifier = verifier or _verifier(toolchain, sandbox, allow_unsafe, lint, prove)
        tasks: TaskSource = verilog_tasks
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


class VerilogModuleVectorEnv(CodeVectorEnv):
    """`num_envs` episodes of `VerilogModuleEnv` over one verifier, for `gymnasium.make_vec`.

    Args:
        num_envs, autoreset_mode: See `CodeVectorEnv`.
        workers: How many programs are judged at a time (None: one per CPU).
        toolchain and the rest: See `VerilogModuleEnv`.
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
        lint: bool = True,
        prove: bool = False,
        tasks_from: str | VerilogSet | None = None,
        reward: str | RewardFunction = "staged",
        max_turns: int = 4,
        split: str = "train",
        families: Iterable[str] | None = None,
        difficulty: int | None = None,
        render_mode: str | None = None,
        judge: JudgeChoice | None = None,
    ) -> None:
        shared = make_judge(judge)
        verifier = _verifier(toolchain, sandbox, allow_unsafe, lint, prove, workers)
        chosen = None if families is None else tuple(families)
        try:
            known = None if tasks_from is None else _set(tasks_from, verifier)
        except BaseException:
            verifier.close()
            raise
        super().__init__(
            lambda: VerilogModuleEnv(
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
