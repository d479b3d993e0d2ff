"""The studies: what each compares, as data."""

from __future__ import annotations

from .duel import DuelStudy
from .study import Arm, Study

# What every algorithm gets: the same prompts, samples, temperature, base and adapter. Terms that
# only GRPO has (variety, rarity, surprise) are off, where algorithms are what is compared. All take
# four optimizer steps an iteration, but for REINFORCE, which is right for one only.
_PLAIN = {"variety_coef": 0.0, "rarity_coef": 0.0, "surprise_coef": 0.0}
_BUDGET = {"samples": 128, "group_size": 8, "warmup": 5, "decay_from": 0.7}

ALGORITHMS = Study(
    name="algorithms",
    question=(
        "PPO, GRPO, GSPO, expert iteration and REINFORCE at equal tokens and equal sandbox calls"
    ),
    arms=(
        Arm("GRPO", "grpo", {**_PLAIN, "minibatches": 4}),
        Arm("GSPO", "gspo", {**_PLAIN, "minibatches": 4}),
        Arm("REINFORCE", "reinforce"),
        # As RAFT has it, over the last eight iterations: 128 programs at most, four steps.
        Arm("expert iteration", "expert-iteration",
            {"keep_above": 0.0, "best_of_group": True, "recent": 8, "capacity": 128, "epochs": 1,
             "batch": 32}),
        Arm("PPO", "ppo"),
    ),
    common={**_BUDGET, "reward": "guided"},
    iterations=150,
    rates=(1e-3, 2e-3, 4e-3),
    rate_iterations=50,
)  # fmt: skip

# GRPO as its paper has it and as it is commonly run: the group's own deviation, the mean over
# completions, several steps on one batch, a constant rate, nothing that watches.
_PUBLISHED = {
    **_PLAIN, "scale": "group", "aggregation": "sequence", "clip_high": 0.2, "minibatches": 4,
    "decay_from": 1.0, "on_collapse": "ignore",
}  # fmt: skip
_GUIDED = {"samples": 128, "group_size": 8, "reward": "guided"}

STABILITY = Study(
    name="stability",
    question="Does GRPO degrade after about a hundred iterations, and which recipe does not?",
    arms=(
        Arm("shipped recipe", "grpo"),
        Arm("as published", "grpo", _PUBLISHED),
        Arm("as published, KL 0.04", "grpo", {**_PUBLISHED, "kl": "k3", "kl_coef": 0.04}),
    ),
    common=_GUIDED,
    iterations=300,
)

DEGRADATION = Study(
    name="degradation",
    question="Which part of GRPO as published makes it degrade?",
    # Each but the first has one part of the shipped recipe. The rate, which that lets fall after
    # 210 of 300 iterations, is constant in all of them; `clip_high` follows the steps a batch.
    arms=(
        Arm("as published", "grpo", _PUBLISHED),
        Arm("mean over tokens", "grpo", {**_PUBLISHED, "aggregation": "token"}),
        Arm("batch's deviation", "grpo", {**_PUBLISHED, "scale": "batch"}),
        Arm("two steps a batch", "grpo", {**_PUBLISHED, "minibatches": 2, "clip_high": 0.28}),
        Arm("pays for variety", "grpo",
            {k: v for k, v in _PUBLISHED.items() if k not in _PLAIN}),
    ),
    common=_GUIDED,
    iterations=300,
    watched={"length": "tokens a program"},
)  # fmt: skip

REWARDS = Study(
    name="rewards",
    question="What is learnt from a binary reward, a staged one, and the seeds' own formula?",
    arms=tuple(
        Arm(reward, "grpo", {**_PLAIN, "reward": reward})
        for reward in ("binary", "staged", "compactlora", "guided")
    ),
    common=_BUDGET,
    iterations=100,
)


def _learning(language: str, env: str, *families: str) -> Study:
    """Whether a tiny policy learns a language whose tasks have hidden cases: in families whose
    held-out variants are new compositions of parts that it has met. Elsewhere a held-out function
    is one that nobody has shown it, and two million parameters do not invent it."""
    return Study(
        name=language,
        question=f"Does GRPO from a tiny base solve more held-out tasks of {env}?",
        arms=(Arm("base", None), Arm("GRPO", "grpo", {"minibatches": 4})),
        common={**_PLAIN, "samples": 128, "group_size": 8, "curriculum": True},
        iterations=25,
        env=env,
        families=families,
        evaluation_samples=324,
        # As it was trained: a lower one is a way of its own to leave out what is rarely right.
        evaluation_temperature=1.0,
    )


PYTHON = _learning("python", "PythonReasoning-v0", "pipelines")
RUST = _learning("rust", "RustCode-v0", "fold", "formula")
VERILOG = _learning("verilog", "VerilogModule-v0", "encoder", "logic")

DUEL = DuelStudy(
    name="duel",
    question="Do solver and test writer get better at what neither is paid for?",
    settings={
        "algorithm": "grpo", "settings": "minibatches=4", "families": "pipelines", "difficulty": 1,
        "known": True, "problems": 12, "writer_steps": 3, "solver_steps": 3, "alternating": 3,
        "evaluation": 96,
    },
)  # fmt: skip

STUDIES: dict[str, Study | DuelStudy] = {
    study.name: study
    for study in (ALGORITHMS, STABILITY, DEGRADATION, REWARDS, PYTHON, RUST, VERILOG, DUEL)
}
