"""`CompactContract-v0`: write a Midnight smart contract in Compact."""

from __future__ import annotations

from collections.abc import Iterable

from gymnasium.vector import AutoresetMode

from ..verifiers.compact.toolchain import Choice, CompactVerifier
from ..verifiers.sandbox.base import Sandbox
from ..verifiers.sandbox.choose import Choice as SandboxChoice
from .code_env import CodeEnv
from .rewards import RewardFunction
from .tasks import compact as compact_tasks
from .vector import CodeVectorEnv


class CompactContractEnv(CodeEnv):
    """The prompt asks for a contract; the action is its whole source; compactc or the embedded
    front end judges it.

    Args:
        toolchain: ``"compactc"``, ``"frontend"``, or ``"auto"``: compactc where it is found.
            Name one where scores are compared: `info["toolchain"]` says which it was.
        sandbox, allow_unsafe: What compactc runs in; see `CompactVerifier`.
        reward: ``"compactlora"`` (default), ``"binary"``, ``"staged"``, ``"ramped"``,
            ``"guided"``, or a function; see `envs.rewards`.
        max_turns, split, families, difficulty, render_mode: See `CodeEnv`.

    Raises:
        ToolchainMissingError: ``toolchain="compactc"`` and there is none.
        SandboxUnavailableError: There is a compactc and no sandbox to run it in.
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
        toolchain: Choice = "auto",
        sandbox: SandboxChoice | Sandbox = "auto",
        allow_unsafe: bool = False,
        reward: str | RewardFunction = "compactlora",
        max_turns: int = 4,
        split: str = "train",
        families: Iterable[str] | None = None,
        difficulty: int | None = None,
        render_mode: str | None = None,
        verifier: CompactVerifier | None = None,
    ) -> None:
        super().__init__(
            compact_tasks,
            CompactVerifier(toolchain, sandbox=sandbox, allow_unsafe=allow_unsafe)
            if verifier is None
            else verifier,
            reward=reward,
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
        toolchain and the rest: See `CompactContractEnv`.
    """

    def __init__(
        self,
        num_envs: int = 1,
        *,
        autoreset_mode: AutoresetMode | str = AutoresetMode.NEXT_STEP,
        toolchain: Choice = "auto",
        sandbox: SandboxChoice | Sandbox = "auto",
        allow_unsafe: bool = False,
        reward: str | RewardFunction = "compactlora",
        max_turns: int = 4,
        split: str = "train",
        families: Iterable[str] | None = None,
        difficulty: int | None = None,
        render_mode: str | None = None,
    ) -> None:
        verifier = CompactVerifier(toolchain, sandbox=sandbox, allow_unsafe=allow_unsafe)
        chosen = None if families is None else tuple(families)
        super().__init__(
            lambda: CompactContractEnv(
                reward=reward,
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
        )
