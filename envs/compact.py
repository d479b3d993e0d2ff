"""`CompactContract-v0`: write a Midnight smart contract in Compact."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, get_args

from gymnasium.vector import AutoresetMode

from ..verifiers.compact.toolchain import Choice, CompactVerifier
from ..verifiers.sandbox.base import Sandbox
from ..verifiers.sandbox.choose import Choice as SandboxChoice
from ..verifiers.verifier import ChoiceError, ToolchainMissingError
from .code_env import CodeEnv, TaskSource
from .judge import Judge, JudgeChoice, make_judge
from .rewards import RewardFunction
from .tasks import compact as open_tasks
from .tasks import compact_spec as spec_tasks
from .vector import CodeVectorEnv

Tasks = Literal["open", "spec"]
# What each kind of task pays by default.
REWARDS: dict[Tasks, str] = {"open": "compactlora", "spec": "compact-spec"}


def task_source(tasks: str) -> TaskSource:
    """The tasks of this kind. Raises `ChoiceError` for an unknown one."""
    if tasks not in get_args(Tasks):
        raise ChoiceError(f"unknown tasks {tasks!r}; there are: {', '.join(get_args(Tasks))}")
    # Modules are task sources: mypy checks their functions here.
    return open_tasks if tasks == "open" else spec_tasks


def _require(verifier: CompactVerifier, tasks: str) -> None:
    """Raises `ToolchainMissingError` when `verifier` cannot judge such tasks, and closes it."""
    if tasks == "spec" and (missing := verifier.missing_for_tests()):
        verifier.close()
        raise ToolchainMissingError(missing)


class CompactContractEnv(CodeEnv):
    """The prompt asks for a contract; the action is its whole source; compactc or the embedded
    front end judges it.

    Args:
        tasks: ``"open"`` (default): prompts that say what a contract is to be made of. ``"spec"``:
            specifications, whose contracts are called with hidden arguments and must do what the
            reference does; they need compactc, Node and compact-runtime.
        toolchain: ``"compactc"``, ``"frontend"``, or ``"auto"``: compactc where it is found.
            Name one where scores are compared: `info["toolchain"]` says which it was.
        sandbox, allow_unsafe: What compactc runs in; see `CompactVerifier`.
        reward: ``"compactlora"`` (default of open tasks), ``"compact-spec"`` (of those with a
            specification), ``"binary"``, ``"staged"``, ``"ramped"``, ``"guided"``, or a function;
            see `envs.rewards`.
        judge: A language model that has a bounded say in the reward, as
            ``{"base_url": "http://localhost:8000/v1", "model": "..."}``; see `envs.judge`.
        max_turns, split, families, difficulty, render_mode: See `CodeEnv`.

    Raises:
        ToolchainMissingError: ``toolchain="compactc"`` and there is none, or ``tasks="spec"`` and
            something that runs contracts is missing; the message says what.
        SandboxUnavailableError: There is a compactc and no sandbox to run it in.
        JudgeError: There is to be a judge and httpx is not installed.
        ChoiceError: An argument is none of its choices.

    >>> import gymnasium
    >>> env = gymnasium.make("forgegym:CompactContract-v0", toolchain="frontend")
    >>> prompt, info = env.reset(seed=0)
    >>> feedback, reward, terminated, truncated, info = env.step("export circuit f(): [] {}")
    >>> reward, info["stage"]
    (0.5, 'done')
    """

    def __init__(
        self,
        *,
        tasks: Tasks = "open",
        toolchain: Choice = "auto",
        sandbox: SandboxChoice | Sandbox = "auto",
        allow_unsafe: bool = False,
        reward: str | RewardFunction | None = None,
        judge: JudgeChoice | None = None,
        max_turns: int = 4,
        split: str = "train",
        families: Iterable[str] | None = None,
        difficulty: int | None = None,
        render_mode: str | None = None,
        verifier: CompactVerifier | None = None,
    ) -> None:
        source = task_source(tasks)
        chosen = verifier or CompactVerifier(toolchain, sandbox=sandbox, allow_unsafe=allow_unsafe)
        if verifier is None:
            _require(chosen, tasks)
        super().__init__(
            source,
            chosen,
            reward=REWARDS[tasks] if reward is None else reward,
            judge=judge,
            max_turns=max_turns,
            split=split,
            families=families,
            difficulty=difficulty,
            render_mode=render_mode,
            owns_verifier=verifier is None,
        )


class CompactContractVectorEnv(CodeVectorEnv):
    """`num_envs` episodes of `CompactContractEnv` over one verifier, for `gymnasium.make_vec`.

    Args:
        num_envs, autoreset_mode: See `CodeVectorEnv`.
        workers: How many programs are judged at a time (None: one per CPU).
        toolchain and the rest: See `CompactContractEnv`.
    """

    def __init__(
        self,
        num_envs: int = 1,
        *,
        workers: int | None = None,
        autoreset_mode: AutoresetMode | str = AutoresetMode.NEXT_STEP,
        tasks: Tasks = "open",
        toolchain: Choice = "auto",
        sandbox: SandboxChoice | Sandbox = "auto",
        allow_unsafe: bool = False,
        reward: str | RewardFunction | None = None,
        judge: JudgeChoice | None = None,
        max_turns: int = 4,
        split: str = "train",
        families: Iterable[str] | None = None,
        difficulty: int | None = None,
        render_mode: str | None = None,
    ) -> None:
        task_source(tasks)
        shared = make_judge(judge)
        verifier = CompactVerifier(
            toolchain, sandbox=sandbox, allow_unsafe=allow_unsafe, workers=workers
        )
        _require(verifier, tasks)
        chosen = None if families is None else tuple(families)
        super().__init__(
            lambda: CompactContractEnv(
                tasks=tasks,
                reward=reward,
                judge=shared,
                max_turns=max_turns,
                split=split,
                families=chosen,
                difficulty=difficulty,
                render_mode=render_mode,
                verifier=verifier,
            ),
            verifier,
            num_envs,
            autoreset_mode=autoreset_mode,
            judge=None if isinstance(judge, Judge) else shared,
        )
