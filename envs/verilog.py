"""`VerilogModule-v0`: write a Verilog module."""

from __future__ import annotations

from collections.abc import Iterable

from gymnasium.vector import AutoresetMode

from ..verifiers.sandbox.base import Sandbox
from ..verifiers.sandbox.choose import Choice as SandboxChoice
from ..verifiers.verifier import ChoiceError
from ..verifiers.verilog.toolchain import VerilogVerifier
from .code_env import CodeEnv
from .judge import Judge, JudgeChoice, make_judge
from .rewards import RewardFunction
from .tasks import verilog as verilog_tasks
from .vector import CodeVectorEnv

TOOLCHAINS = ("auto", "iverilog+yosys")


def _verifier(
    toolchain: str, sandbox: SandboxChoice | Sandbox, allow_unsafe: bool, lint: bool, prove: bool
) -> VerilogVerifier:
    if toolchain not in TOOLCHAINS:
        known = ", ".join(TOOLCHAINS)
        raise ChoiceError(f"unknown Verilog toolchain {toolchain!r}; there are: {known}")
    return VerilogVerifier(sandbox=sandbox, allow_unsafe=allow_unsafe, lint=lint, prove=prove)


class VerilogModuleEnv(CodeEnv):
    """The prompt asks for one module; the action is a SystemVerilog file that has it. Icarus
    Verilog elaborates it, Yosys synthesises it, and what was synthesised is simulated with hidden
    stimulus.

    Args:
        toolchain: ``"iverilog+yosys"``, or ``"auto"``, which is the same: there is no other.
        sandbox, allow_unsafe, lint, prove: See `VerilogVerifier`.
        reward: ``"staged"`` (default), ``"binary"``, ``"verigen"``, or a function; see
            `envs.rewards`.
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
        reward: str | RewardFunction = "staged",
        max_turns: int = 4,
        split: str = "train",
        families: Iterable[str] | None = None,
        difficulty: int | None = None,
        render_mode: str | None = None,
        judge: JudgeChoice | None = None,
        verifier: VerilogVerifier | None = None,
    ) -> None:
        super().__init__(
            verilog_tasks,
            verifier or _verifier(toolchain, sandbox, allow_unsafe, lint, prove),
            reward=reward,
            max_turns=max_turns,
            split=split,
            families=families,
            difficulty=difficulty,
            render_mode=render_mode,
            judge=judge,
            owns_verifier=verifier is None,
        )


class VerilogModuleVectorEnv(CodeVectorEnv):
    """`num_envs` episodes of `VerilogModuleEnv` over one verifier, for `gymnasium.make_vec`.

    Args:
        num_envs, autoreset_mode: See `CodeVectorEnv`.
        toolchain and the rest: See `VerilogModuleEnv`.
    """

    def __init__(
        self,
        num_envs: int = 1,
        *,
        autoreset_mode: AutoresetMode | str = AutoresetMode.NEXT_STEP,
        toolchain: str = "auto",
        sandbox: SandboxChoice | Sandbox = "auto",
        allow_unsafe: bool = False,
        lint: bool = True,
        prove: bool = False,
        reward: str | RewardFunction = "staged",
        max_turns: int = 4,
        split: str = "train",
        families: Iterable[str] | None = None,
        difficulty: int | None = None,
        render_mode: str | None = None,
        judge: JudgeChoice | None = None,
    ) -> None:
        shared = make_judge(judge)
        verifier = _verifier(toolchain, sandbox, allow_unsafe, lint, prove)
        chosen = None if families is None else tuple(families)
        super().__init__(
            lambda: VerilogModuleEnv(
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
