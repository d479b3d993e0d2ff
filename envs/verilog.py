"""`VerilogModule-v0`: write a Verilog module."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..verifiers.sandbox.base import Sandbox
from ..verifiers.sandbox.choose import Choice as SandboxChoice
from ..verifiers.verifier import check_choice
from ..verifiers.verilog.toolchain import VerilogVerifier
from .code_env import CodeEnv, EpisodeSettings, TaskSource, own_or_shared
from .rewards import RewardFunction
from .tasks import verilog as verilog_tasks
from .tasks.verilog_sets import VerilogSet
from .vector import CodeVectorEnv

if TYPE_CHECKING:
    from typing_extensions import Unpack

TOOLCHAINS = ("auto", "iverilog+yosys")


def open_set(tasks_from: str | VerilogSet, verifier: VerilogVerifier) -> VerilogSet:
    """The set of this name (`tasks.verilog_sets`), or one that is open. Raises as `VerilogSet`."""
    return VerilogSet(tasks_from, verifier) if isinstance(tasks_from, str) else tasks_from


class VerilogModuleEnv(CodeEnv):
    """The prompt asks for one module; the action is a SystemVerilog file that has it. Icarus
    Verilog elaborates it, Yosys synthesises it, and what was synthesised is simulated with hidden
    stimulus.

    Args:
        toolchain: ``"iverilog+yosys"``, or ``"auto"``, which is the same: there is no other.
        sandbox, allow_unsafe, lint, prove, workers: See `VerilogVerifier`.
        reward: ``"staged"`` (default), ``"binary"``, ``"verigen"``, or a function; see
            `envs.rewards`.
        tasks_from: A set of tasks that people know, ``"verilog-eval:FOLDER"`` or
            ``"rtllm:FOLDER"`` (see `tasks.verilog_sets`), or one that is open; all of it is asked
            in ``eval``. None: ForgeGym's own.
        verifier: One that is shared, in place of one that these arguments describe.
        max_turns, split, families, difficulty, render_mode, judge: See `CodeEnv`.

    Raises:
        ToolchainMissingError: A tool is missing.
        SandboxUnavailableError: There is no sandbox to run them in.
        ChoiceError: An argument is none of its choices.
    """

    kind = "verilog"

    def __init__(
        self,
        *,
        toolchain: str = "auto",
        sandbox: SandboxChoice | Sandbox = "auto",
        allow_unsafe: bool = False,
        lint: bool = True,
        prove: bool = False,
        workers: int | None = None,
        tasks_from: str | VerilogSet | None = None,
        reward: str | RewardFunction = "staged",
        max_turns: int = 4,
        verifier: VerilogVerifier | None = None,
        **episode: Unpack[EpisodeSettings],
    ) -> None:
        check_choice("Verilog toolchain", toolchain, TOOLCHAINS)

        def open_own() -> VerilogVerifier:
            return VerilogVerifier(
                sandbox=sandbox, allow_unsafe=allow_unsafe, lint=lint, prove=prove, workers=workers
            )

        with own_or_shared(verifier, open_own) as (judging, owned):
            tasks: TaskSource = verilog_tasks
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


class VerilogModuleVectorEnv(CodeVectorEnv):
    """`num_envs` episodes of `VerilogModuleEnv` over one verifier, with what that takes; see
    `gymnasium.make_vec`."""

    env_class = VerilogModuleEnv
