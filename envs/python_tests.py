"""`PythonTests-v0`: write the tests that tell a right Python function from wrong ones.

The other side of `PythonReasoning-v0`, over the same problems: what a solver writes can be put
before the writer as its opponent, and what the writer writes before the solver.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ..verifiers.python.suites import SuiteVerifier
from ..verifiers.sandbox.base import Sandbox
from ..verifiers.sandbox.choose import Choice as SandboxChoice
from ..verifiers.task import Task
from ..verifiers.verifier import ChoiceError, check_choice
from .code_env import (
    OBSERVATION_BYTES,
    CodeEnv,
    EpisodeSettings,
    TaskSource,
    own_or_shared,
    reset_options,
)
from .reasoning import PROGRAM_BYTES, TOOLCHAINS, cut, open_set, program
from .rewards import RewardFunction
from .spaces import SourceText
from .tasks import python_tests
from .tasks.python_sets import PythonSet
from .vector import CodeVectorEnv

if TYPE_CHECKING:
    from typing_extensions import Unpack


class PythonTestsEnv(CodeEnv):
    """The prompt describes one function and asks for tests of it, ``assert f(…) == …`` one a line
    (see `verifiers.python.assertions`), perhaps in a block between lines of three backquotes.

    Args:
        toolchain: ``"python"``, or ``"auto"``, which is the same: there is no other.
        sandbox, allow_unsafe, workers: What programs run in, and how many at a time; see
            `PythonVerifier`.
        tasks_from: A set of tasks that people know, or a file of one's own, ``"KIND:FILE"`` (see
            `tasks.python_sets`), or a set that is open: tests are asked for of those functions that
            have a reference, all of them in ``eval``. None: ForgeGym's own.
        shown: Whether the writer sees the (first) opponent that `reset` was given.
        reward: ``"test-writer"`` (default), ``"clipped-tests"``, ``"binary"``, or a function; see
            `envs.rewards`.
        verifier: One that is shared, in place of one that these arguments describe.
        max_turns, split, families, difficulty, render_mode, judge: See `CodeEnv`.

    Raises:
        ToolchainMissingError: No Python answers in the sandbox.
        SandboxUnavailableError: There is no sandbox.
        ChoiceError: An argument is none of its choices.

    A test is valid when the task's reference passes it; what they are worth is seen on wrong
    programs, the task's own, or those that ``reset(options={"opponents": [...]})`` names. See
    `verifiers.python.suites.SuiteVerifier` for the stages and the metrics of a verdict. An episode
    is solved when all tests are valid and every opponent fails one.
    """

    kind = "python-tests"

    def __init__(
        self,
        *,
        toolchain: str = "auto",
        sandbox: SandboxChoice | Sandbox = "auto",
        allow_unsafe: bool = False,
        workers: int | None = None,
        tasks_from: str | PythonSet | None = None,
        shown: bool = False,
        max_turns: int = 1,
        reward: str | RewardFunction = "test-writer",
        verifier: SuiteVerifier | None = None,
        **episode: Unpack[EpisodeSettings],
    ) -> None:
        self._shown = shown
        check_choice("Python toolchain", toolchain, TOOLCHAINS)

        def open_own() -> SuiteVerifier:
            return SuiteVerifier(sandbox=sandbox, allow_unsafe=allow_unsafe, workers=workers)

        with own_or_shared(verifier, open_own) as (judging, owned):
            tasks: TaskSource = python_tests
            if tasks_from is not None:
                tasks = python_tests.TestsOf(open_set(tasks_from, judging.programs))
                episode["split"] = "eval"
            super().__init__(
                tasks,
                judging,
                reward=reward,
                max_turns=max_turns,
                owns_verifier=owned,
                **episode,
            )
        self.observation_space = SourceText(OBSERVATION_BYTES + PROGRAM_BYTES)

    def reset(
        self, *, seed: int | None = None, options: Mapping[str, Any] | None = None
    ) -> tuple[str, dict[str, Any]]:
        """As `CodeEnv.reset`; the option ``opponents`` is a sequence of programs that the tests are
        to fail, in place of the task's own. Without any, valid tests are all that is seen. The
        option ``wrong`` names one half of the task's own, ``"practice"`` or ``"trial"``, which then
        come behind them."""
        given = reset_options(options)
        opponents, part = given.pop("opponents", None), given.pop("wrong", None)
        prompt, info = super().reset(seed=seed, options=given)
        if opponents is None and part is None:
            return prompt, info
        if isinstance(opponents, str):
            raise ChoiceError("the reset option 'opponents' is a sequence of programs, not one")
        assert self.task is not None
        own = [] if part is None else python_tests.wrong_programs(self.task, part)
        opponents = [*(opponents or ()), *own]
        shown = cut(opponents[0], PROGRAM_BYTES) if self._shown and opponents else ""
        self.task = python_tests.with_opponents(self.task, opponents, shown=shown)
        self._screen = self.task.prompt
        return self.task.prompt, {**info, "task_key": self.task.key}

    def submission(self, action: str) -> tuple[Task, str] | None:
        """As `CodeEnv.submission`: the tests in `action`."""
        submission = super().submission(action)
        assert submission is not None
        return submission[0], program(action)


class PythonTestsVectorEnv(CodeVectorEnv):
    """`num_envs` episodes of `PythonTestsEnv` over one verifier, with what that takes; see
    `gymnasium.make_vec`."""

    env_class = PythonTestsEnv
