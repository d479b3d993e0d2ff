"""`CompactContract-v0`: write a Midnight smart contract in Compact."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, get_args

from ..verifiers.compact.toolchain import Choice, CompactVerifier
from ..verifiers.sandbox.base import Sandbox
from ..verifiers.sandbox.choose import Choice as SandboxChoice
from ..verifiers.verifier import ToolchainMissingError, check_choice
from .code_env import CodeEnv, EpisodeSettings, TaskSource, own_or_shared
from .rewards import RewardFunction
from .tasks import compact as open_tasks
from .tasks import compact_spec as spec_tasks
from .vector import CodeVectorEnv

if TYPE_CHECKING:
    from typing_extensions import Unpack

Tasks = Literal["open", "spec"]
# What each kind of task pays by default.
REWARDS: dict[Tasks, str] = {"open": "compactlora", "spec": "compact-spec"}


def task_source(tasks: str) -> TaskSource:
    """The tasks of this kind. Raises `ChoiceError` for an unknown one."""
    check_choice("tasks", tasks, get_args(Tasks))
    # Modules are task sources: mypy checks their functions here.
    return open_tasks if tasks == "open" else spec_tasks


class CompactContractEnv(CodeEnv):
    """The prompt asks for a contract; the action is its whole source; compactc or the embedded
    front end judges it.

    Args:
        tasks: ``"open"`` (default): prompts that say what a contract is to be made of. ``"spec"``:
            specifications, whose contracts are called with hidden arguments and must do what the
            reference does; they need compactc, Node and compact-runtime.
        toolchain: ``"compactc"``, ``"frontend"``, or ``"auto"``: compactc where it is found.
            Name one where scores are compared: `info["toolchain"]` says which it was.
        sandbox, allow_unsafe, workers: What compactc runs in, and how many at a time; see
            `CompactVerifier`.
        reward: ``"compactlora"`` (default of open tasks), ``"compact-spec"`` (of those with a
            specification), ``"binary"``, ``"staged"``, ``"ramped"``, ``"guided"``, or a function;
            see `envs.rewards`.
        verifier: One that is shared, in place of one that these arguments describe.
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
        workers: int | None = None,
        reward: str | RewardFunction | None = None,
        max_turns: int = 4,
        verifier: CompactVerifier | None = None,
        **episode: Unpack[EpisodeSettings],
    ) -> None:
        source = task_source(tasks)
        self.kind = "compact" if tasks == "open" else "compact-spec"

        def open_own() -> CompactVerifier:
            return CompactVerifier(
                toolchain, sandbox=sandbox, allow_unsafe=allow_unsafe, workers=workers
            )

        with own_or_shared(verifier, open_own) as (judging, owned):
            if tasks == "spec" and (missing := judging.missing_for_tests()):
                raise ToolchainMissingError(missing)
            super().__init__(
                source,
                judging,
                reward=REWARDS[tasks] if reward is None else reward,
                max_turns=max_turns,
                owns_verifier=owned,
                **episode,
            )


class CompactContractVectorEnv(CodeVectorEnv):
    """`num_envs` episodes of `CompactContractEnv` over one verifier, with what that takes; see
    `gymnasium.make_vec`."""

    env_class = CompactContractEnv
