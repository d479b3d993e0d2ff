"""ForgeGym: Gymnasium environments in which an action is a program.

Importing this package registers the environments:

>>> import gymnasium, forgegym
>>> env = gymnasium.make("CompactContract-v0")
>>> prompt, info = env.reset(seed=1)
"""

__version__ = "0.1.0"

from .envs.code_env import CodeEnv
from .envs.registration import ENVIRONMENTS, register_environments
from .envs.rewards import PRESETS, Reward
from .envs.spaces import SourceText
from .envs.vector import CodeVectorEnv
from .verifiers.task import Task
from .verifiers.verdict import Verdict
from .verifiers.verifier import ChoiceError, ToolchainMissingError, Verifier

__all__ = [
    "ENVIRONMENTS",
    "PRESETS",
    "ChoiceError",
    "CodeEnv",
    "CodeVectorEnv",
    "Reward",
    "SourceText",
    "Task",
    "ToolchainMissingError",
    "Verdict",
    "Verifier",
    "__version__",
]

register_environments()
