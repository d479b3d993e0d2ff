"""An environment that pays for the share of digits in an answer: the optimum is obvious, and a
policy of a few hundred tokens finds it in seconds."""

import gymnasium
import numpy as np

LETTERS = "Letters-v0"


class LettersVerdict:
    accepted, compiled, metrics, facts = False, False, {}, {}

    def passed(self, stage):
        return False


class Letters(gymnasium.vector.VectorEnv):
    """The vector environment, as `rollout.make_env` asks for it."""

    def __init__(self, num_envs=1, **kwargs):
        self.num_envs = num_envs

    def reset(self, *, seed=None, options=None):
        return tuple(f"// family: f{s % 3}\n" for s in seed), {}

    def step(self, actions):
        rewards = [sum(c.isdigit() for c in a) / max(len(a), 8) for a in actions]
        infos = {
            "valid": np.ones(self.num_envs, bool),
            "verdict": np.array([LettersVerdict()] * self.num_envs, dtype=object),
        }
        flags = np.ones(self.num_envs, bool)
        return actions, np.array(rewards), flags, flags, infos


gymnasium.register(LETTERS, vector_entry_point=Letters)
