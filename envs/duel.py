"""`code_duel_v0`: a solver writes a program, a test writer tests that it is to fail (PettingZoo).

Both are shown one problem. The solver plays the stages of `PythonReasoning-v0`, then the writer
answers as in `PythonTests-v0`, with the solver's program as its opponent; both are paid at the end.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from gymnasium.spaces import Dict, Space

from ..verifiers.python.suites import SuiteVerifier, opposed
from ..verifiers.sandbox.base import Sandbox
from ..verifiers.sandbox.choose import Choice as SandboxChoice
from ..verifiers.verdict import Failure, Verdict
from ..verifiers.verifier import ChoiceError, judge
from .python_tests import PythonTestsEnv
from .reasoning import PythonReasoningEnv, Stage, program
from .rewards import RewardFunction, reward_function
from .tasks import python_tests

try:
    from pettingzoo import AECEnv
except ModuleNotFoundError as missing:
    raise ModuleNotFoundError(
        "code_duel_v0 needs PettingZoo: install it with pip install 'forgegym[duel]'"
    ) from missing

SOLVER, TEST_WRITER = "solver", "test_writer"
_OPTIONS = ("task", "split", "family", "difficulty")


class CodeDuelEnv(AECEnv):  # type: ignore[misc]
    """One problem, one solver, one test writer, in PettingZoo's agent-environment cycle.

    Args:
        sandbox, allow_unsafe: What programs run in; see `PythonVerifier`.
        stages: What the solver plays (see `PythonReasoningEnv`); by default code alone.
        shown: Whether the writer sees the solver's program before it writes.
        solver_reward: What the solver is paid for its program against the writer's tests; by
            default ``"duel"``.
        writer_reward: What the writer is paid; by default ``"test-writer"``. Where all its tests
            are valid, both pays add up to 1.
        split, families, difficulty, render_mode: See `CodeEnv`.

    Raises:
        ToolchainMissingError: No Python answers in the sandbox.
        SandboxUnavailableError: There is no sandbox.
        ChoiceError: An argument is none of its choices.

    Agents are ``"solver"`` and ``"test_writer"``. An action is a text, an observation
    ``{"text": …}``: PettingZoo's own checks take no bare string. An agent's
    info holds, when the episode is over, what its own environment's `step` returns: ``valid``
    (False: the machine failed, and no pay means anything), ``verdict``, ``components`` and so on.
    """

    metadata: dict[str, Any] = {  # noqa: RUF012
        "name": "code_duel_v0",
        "render_modes": ["ansi"],
        "is_parallelizable": False,
        "render_fps": 1,
    }

    def __init__(
        self,
        *,
        sandbox: SandboxChoice | Sandbox = "auto",
        allow_unsafe: bool = False,
        stages: Iterable[str | Stage] = ("code",),
        shown: bool = True,
        solver_reward: str | RewardFunction = "duel",
        writer_reward: str | RewardFunction = "test-writer",
        split: str = "train",
        families: Iterable[str] | None = None,
        difficulty: int | None = None,
        render_mode: str | None = None,
        verifier: SuiteVerifier | None = None,
    ) -> None:
        super().__init__()
        if render_mode not in (None, "ansi"):
            raise ChoiceError(f"unknown render_mode {render_mode!r}; there is: 'ansi'")
        self.render_mode = render_mode
        self._owned = verifier is None
        self._verifier = verifier or SuiteVerifier(sandbox=sandbox, allow_unsafe=allow_unsafe)
        chosen = None if families is None else tuple(families)
        kind: dict[str, Any] = {"split": split, "families": chosen, "difficulty": difficulty}
        try:
            self._solver = PythonReasoningEnv(
                stages=stages, reward=solver_reward, verifier=self._verifier.programs, **kind
            )
            self._writer = PythonTestsEnv(
                shown=shown, reward=writer_reward, verifier=self._verifier, **kind
            )
        except BaseException:
            self.close()
            raise
        self.possible_agents = [SOLVER, TEST_WRITER]
        self.agents: list[str] = []
        self._spaces = {
            SOLVER: Dict({"text": self._solver.observation_space}),
            TEST_WRITER: Dict({"text": self._writer.observation_space}),
        }
        self._pay = reward_function(solver_reward)
        self._seen: dict[str, str] = {}
        self._program = self._screen = ""

    def observation_space(self, agent: str) -> Dict:
        """The texts that an agent may be shown."""
        return self._spaces[agent]

    def action_space(self, agent: str) -> Space[str]:
        """The texts that an agent may write."""
        return {SOLVER: self._solver, TEST_WRITER: self._writer}[agent].action_space

    def reset(self, seed: int | None = None, options: Mapping[str, Any] | None = None) -> None:
        """Start an episode; `options` are those of `CodeEnv.reset` (others are passed over, which
        PettingZoo asks for). The solver begins."""
        known = {name: (options or {})[name] for name in _OPTIONS if name in (options or {})}
        observation, info = self._solver.reset(seed=seed, options=known)
        assert self._solver.task is not None
        self.agents = [*self.possible_agents]
        self.rewards = dict.fromkeys(self.agents, 0.0)
        self._cumulative_rewards = dict.fromkeys(self.agents, 0.0)
        self.terminations = dict.fromkeys(self.agents, False)
        self.truncations = dict.fromkeys(self.agents, False)
        self.infos = {agent: dict(info) for agent in self.agents}
        self.agent_selection = SOLVER
        # The writer may look before its turn: at the problem.
        self._seen = {SOLVER: observation, TEST_WRITER: self._solver.task.prompt}
        self._screen = observation

    def observe(self, agent: str) -> dict[str, str]:
        """What an agent is shown now."""
        return {"text": self._seen[agent]}

    def step(self, action: str | None) -> None:
        """The selected agent writes `action` (None where its episode is over).

        Raises as `CodeEnv.step`.
        """
        agent = self.agent_selection
        if self.terminations[agent] or self.truncations[agent]:
            self._was_dead_step(action)
            return
        assert action is not None
        self._cumulative_rewards[agent] = 0.0
        self._clear_rewards()
        if agent == SOLVER:
            self._solve(action)
        else:
            self._test(action)
        self._accumulate_rewards()

    def _solve(self, action: str) -> None:
        self._seen[SOLVER], _, _, _, self.infos[SOLVER] = self._solver.step(action)
        assert self._solver.task is not None
        self._screen = f"{self._solver.task.prompt}\n{action}\n{self._seen[SOLVER]}"
        if not self._solver.over:
            return
        self._program = program(action, self._solver.task)
        task = python_tests.tests_for(self._solver.task)
        self._seen[TEST_WRITER], self.infos[TEST_WRITER] = self._writer.reset(
            options={"task": task, "opponents": [self._program]}
        )
        self.agent_selection = TEST_WRITER

    def _test(self, action: str) -> None:
        self._seen[TEST_WRITER], paid, _, _, told = self._writer.step(action)
        verdict = self._met(program(action))
        reward = self._pay(verdict)
        valid = bool(told["valid"] and verdict.valid and self.infos[SOLVER]["valid"])
        self.infos[TEST_WRITER] = told
        self.infos[SOLVER] |= {"verdict": verdict, "components": dict(reward.components)}
        for agent in self.agents:
            self.infos[agent]["valid"] = valid
            self.terminations[agent] = True
        self.rewards = {
            SOLVER: reward.total if valid else 0.0,
            TEST_WRITER: paid if valid else 0.0,
        }
        self._screen += f"\n{action}\n{self._seen[TEST_WRITER]}{self.rewards}\n"
        self.agent_selection = SOLVER

    def _met(self, tests: str) -> Verdict:
        """The verdict on the solver's program when it meets the writer's tests."""
        task, programs = self._solver.task, self._verifier.programs
        assert task is not None
        met = opposed(programs, task, [tests])
        if isinstance(met, Failure):
            return replace(self._solver.unjudged(self._program), failure=met)
        (verdict,), _ = judge(programs, [(met, self._program)])
        return verdict

    def render(self) -> str | None:
        """With ``render_mode="ansi"``: the problem, and what was written."""
        return self._screen if self.render_mode == "ansi" else None

    def close(self) -> None:
        """Release the verifier. May be called twice."""
        if self._owned:
            self._verifier.close()
