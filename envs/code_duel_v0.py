"""As PettingZoo's games are made: ``from forgegym.envs import code_duel_v0``, ``.env()``."""

from .duel import CodeDuelEnv

__all__ = ["env", "raw_env"]

env = raw_env = CodeDuelEnv
