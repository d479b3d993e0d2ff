"""Environment ids -> Gymnasium's registry.

Gymnasium 1.x loads no plug-ins: importing `forgegym` registers, and so does the module prefix in
``gymnasium.make("forgegym:CompactContract-v0")``. Entry points are names, so that nothing is
loaded before it is used.
"""

from __future__ import annotations

from typing import Any

import gymnasium

ENVIRONMENTS: dict[str, tuple[str, str]] = {
    "CompactContract-v0": (
        "forgegym.envs.compact:CompactContractEnv",
        "forgegym.envs.compact:CompactContractVectorEnv",
    ),
    "PythonReasoning-v0": (
        "forgegym.envs.reasoning:PythonReasoningEnv",
        "forgegym.envs.reasoning:PythonReasoningVectorEnv",
    ),
    "PythonTests-v0": (
        "forgegym.envs.python_tests:PythonTestsEnv",
        "forgegym.envs.python_tests:PythonTestsVectorEnv",
    ),
    "RustCode-v0": (
        "forgegym.envs.rust:RustCodeEnv",
        "forgegym.envs.rust:RustCodeVectorEnv",
    ),
    "VerilogModule-v0": (
        "forgegym.envs.verilog:VerilogModuleEnv",
        "forgegym.envs.verilog:VerilogModuleVectorEnv",
    ),
}
"""Every id, with the entry points of the environment and of its vector form."""

LANGUAGES = {
    "CompactContract-v0": "compact",
    "PythonReasoning-v0": "python",
    "PythonTests-v0": "python",
    "RustCode-v0": "rust",
    "VerilogModule-v0": "verilog",
}
"""The language that each environment's programs are written in."""

KINDS: dict[str, tuple[str, ...]] = {
    "CompactContract-v0": ("compact", "compact-spec"),
    "PythonReasoning-v0": ("python",),
    "PythonTests-v0": ("python-tests",),
    "RustCode-v0": ("rust",),
    "VerilogModule-v0": ("verilog",),
}
"""The kinds of task that each environment has, which say what pays for them (`rewards.PAID_BY`)."""

VIEWS: dict[str, str] = {
    "CompactContractDiscrete-v0": "CompactContract-v0",
    "PythonReasoningDiscrete-v0": "PythonReasoning-v0",
    "RustCodeDiscrete-v0": "RustCode-v0",
    "VerilogModuleDiscrete-v0": "VerilogModule-v0",
}
"""The ids of discrete views (`envs.discrete`), with the environment that each is a view of."""

TRANSCRIPTS: dict[str, dict[str, Any]] = {"PythonReasoning-v0": {"history": False}}
"""What an environment is made with for an agent that keeps the transcript of an episode itself."""


def register_environments() -> None:
    """Add every environment to Gymnasium's registry, unless it is there already."""
    for name, (entry_point, vector_entry_point) in ENVIRONMENTS.items():
        if name not in gymnasium.registry:
            gymnasium.register(name, entry_point=entry_point, vector_entry_point=vector_entry_point)
    for name, env in VIEWS.items():
        if name not in gymnasium.registry:
            gymnasium.register(
                name,
                entry_point="forgegym.envs.discrete:make_discrete",
                vector_entry_point="forgegym.envs.discrete:make_discrete_vec",
                kwargs={"env": env},
            )
