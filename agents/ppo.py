"""Proximal policy optimisation by token (https://arxiv.org/abs/1707.06347) with LoRA, in one file.

An iteration: sample programs, let the environment judge them, work out with a critic what each
token added (generalised advantage estimation, https://arxiv.org/abs/1506.02438), and take clipped
policy-gradient steps over minibatches of the samples.

Departures from the usual, each on purpose:
- the critic is a linear head on the policy's own trunk, whose values the sampler reads as it goes:
  no second model, no pass to value what was sampled. By default it is solved for after each batch
  (`value.FittedHead`) rather than trained. It may be a second adapter on the same base instead,
  which values what was sampled in a pass of its own;
- the actor's and the critic's lambda differ (VC-PPO, https://arxiv.org/abs/2503.01491), and the
  critic learns alone at first;
- samples the machine failed to judge are left out before anything is computed;
- the old log-probabilities are the sampler's own.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar, Literal

import torch
from rich.console import Console
from torch import Tensor

from .advantages import generalised_advantages, token_rewards, whitened
from .logprob import passes
from .losses import clipped_policy_loss, value_loss
from .policy import Policy
from .rollout import Batch, derive_seed
from .run import (
    TOKENS_PER_PASS,
    Learner,
    Pass,
    RunConfig,
    train,
)
from .settings import above_zero, at_least, finite, not_negative, share, unused
from .tracking import TrainingResult
from .value import AdapterCritic, FittedHead, ValueHead, explained_variance, mean_so_far

_CRITIC = "critic."
# What a critic asks of a pass of its own.
_CRITICS = {"with_entropy": False, "with_logprobs": False}


@dataclass(frozen=True, slots=True, kw_only=True)
class PPOConfig(RunConfig):
    """One PPO run; see `RunConfig`, too. The defaults train the tiny base policy on two cores.

    `epochs` over the samples, each in `minibatches` optimizer steps. `gamma`, `lam`, `lam_critic`:
    see `advantages.generalised_advantages`. `clip_low`, `clip_high`, `dual_clip`: see `losses`.
    `kl_coef` (0 to 0.1) takes the divergence from the base off each token's reward. `entropy_coef`:
    0 to 0.01. `critic_warmup`: iterations in which only the critic learns.

    `critic`: ``"fitted"``, with `critic_decay` and `critic_ridge` (see `value.FittedHead`);
    ``"trained"``, the same head by gradients; or ``"adapter"``, with `critic_decay` (see
    `value.AdapterCritic`). The last two have `value_clip` (see `losses`) and `critic_rate`, which
    times the learning rate is the critic's (at 5 a trained head's values swing further than the
    rewards). A trained head has `value_coef` and `critic_gradient`: whether its error ends at the
    ``"head"`` or goes on into the ``"trunk"`` (then with `value_coef` 0.1 or less).
    """

    epochs: int = 1
    minibatches: int = 4
    gamma: float = 1.0
    lam: float = 0.95
    lam_critic: float = 1.0
    clip_low: float = 0.2
    clip_high: float = 0.28
    dual_clip: float | None = None
    critic: Literal["fitted", "trained", "adapter"] = "fitted"
    critic_warmup: int = 2
    critic_decay: float = 0.9
    critic_ridge: float = 0.3
    value_clip: float | None = 0.5
    value_coef: float = 0.5
    critic_gradient: Literal["head", "trunk"] = "head"
    critic_rate: float = 1.0
    kl_coef: float = 0.0
    entropy_coef: float = 0.0

    def __post_init__(self) -> None:
        RunConfig.__post_init__(self)
        for name in ("epochs", "minibatches"):
            at_least(self, name, 1)
        if self.minibatches > self.samples:
            raise ValueError(
                f"{self.minibatches} minibatches need as many samples; there are {self.samples}."
            )
        for name in ("gamma", "lam", "lam_critic", "critic_decay"):
            share(self, name)
        for name in ("clip_high", "critic_rate", "critic_ridge"):
            above_zero(self, name)
        if not 0 < self.clip_low < 1:
            raise ValueError(f"clip_low must lie between 0 and 1, not {self.clip_low}.")
        if self.dual_clip is not None and not self.dual_clip > 1:
            raise ValueError(f"dual_clip must be above 1, not {self.dual_clip}.")
        if self.value_clip is not None and not self.value_clip > 0:
            raise ValueError(f"value_clip must be above 0, not {self.value_clip}.")
        for name in ("value_coef", "critic_warmup", "kl_coef", "entropy_coef"):
            not_negative(self, name)
        if self.iterations <= self.critic_warmup:
            raise ValueError(
                f"Only the critic learns in the first {self.critic_warmup} iterations "
                f"(critic_warmup), and the run ends after {self.iterations}: set more iterations, "
                "or critic_warmup=0."
            )
        finite(self, "kl_coef", "entropy_coef")
        if self.critic not in ("fitted", "trained", "adapter"):
            raise ValueError(f"critic is fitted, trained or adapter, not {self.critic!r}.")
        if self.critic_gradient not in ("head", "trunk"):
            raise ValueError(f"critic_gradient is head or trunk, not {self.critic_gradient!r}.")
        without = {
            "fitted": ("value_clip", "value_coef", "critic_gradient", "critic_rate"),
            "trained": ("critic_decay", "critic_ridge"),
            "adapter": ("value_coef", "critic_gradient", "critic_ridge"),
        }
        unused(self, f"critic is {self.critic}", *without[self.critic])


@dataclass(frozen=True, slots=True)
class Targets:
    """What every sampled token is taught, float32 [N, T] each; `mask` is 1 where one was."""

    advantages: Tensor
    returns: Tensor
    values: Tensor
    mask: Tensor


class PPO(Learner[PPOConfig]):
    """See the module."""

    name, title = "ppo", "PPO"
    panels: ClassVar = {"critic": ("explained_variance",)}

    def __init__(self, config: PPOConfig, policy: Policy) -> None:
        width = policy.model.config.get_text_config().hidden_size
        self.fitted: FittedHead | None = None
        self.adapter: AdapterCritic | None = None
        if config.critic == "fitted":
            self.fitted = FittedHead(width, decay=config.critic_decay, ridge=config.critic_ridge)
        elif config.critic == "adapter":
            draw = derive_seed("critic", config.seed)
            self.adapter = AdapterCritic(policy, decay=config.critic_decay, seed=draw)
        self.critic = (self.fitted or self.adapter or ValueHead(width)).to(policy.device)
        super().__init__(config, policy)
        if self.fitted is None:
            own = {"params": list(self.critic.parameters()), "rate": config.critic_rate}
            self.optimizer.add_param_group(own)

    def sampler_options(self) -> dict[str, Any]:
        return {"value_of": self.critic} if self.adapter is None else {}

    def learn(self, batch: Batch, iteration: int) -> dict[str, float]:
        config = self.config
        rows = [i for i, s in enumerate(batch.samples) if s.valid]
        measured = ("value_loss", "value", "value_clip", "entropy", "approx_kl", "clip_low",
                    "clip_high", "ratio")  # fmt: skip
        totals = dict.fromkeys(("loss", "grad_norm", *measured), 0.0)
        if not rows:  # nothing was passed through the model
            asked = ("kl",) if config.kl_coef else ()
            nothing = dict.fromkeys((*measured, "explained_variance", *asked), math.nan)
            return {**totals, **nothing}
        targets, divergence = self.targets(batch, rows, first=iteration == 1)
        warm = iteration > config.critic_warmup
        if self.adapter is not None:
            self.adapter.observe(targets.returns[targets.mask > 0])
        steps = 0
        for epoch in range(config.epochs):
            loss_of = partial(self.loss, targets=targets, warm=warm, observed=epoch == 0)
            draw = torch.Generator().manual_seed(
                derive_seed("epoch", config.seed, iteration, epoch)
            )
            order = torch.randperm(len(rows), generator=draw).tolist()
            for k in range(config.minibatches):
                chosen = [rows[i] for i in order[k :: config.minibatches]]
                if not chosen:
                    continue
                for name, value in self.step_on(batch, chosen, loss_of).items():
                    totals[name] += value
                for name, value in self.critic_step(batch, chosen, targets).items():
                    totals[name] += value
                steps += 1
        if self.fitted is not None:
            self.fitted.fit(self.world)
        # Of values that were read before this batch was learnt from.
        known = explained_variance(targets.values, targets.returns, targets.mask)
        means = {name: total / steps for name, total in totals.items()}
        # Without a part in the reward nobody has measured it.
        kl = {"kl": divergence} if config.kl_coef else {}
        return {"explained_variance": known, **kl, **means}

    def targets(self, batch: Batch, rows: Sequence[int], *, first: bool) -> tuple[Targets, float]:
        """What `rows` are taught, and their mean divergence from the base (0 when not asked for).

        The critic's first guess, before it has learnt anything, is the mean reward.
        """
        config, samples = self.config, batch.samples
        if first:
            mean = sum(samples[i].reward for i in rows) / len(rows)
            if isinstance(self.critic, FittedHead | ValueHead):
                self.critic.bias.data.fill_(mean)
        width = max(len(s.completion.tokens) for s in samples)
        values, mask = torch.zeros(2, len(samples), width)  # [N, T] each
        told = self.values(batch, rows)
        for i in rows:
            sampled = told[i]
            own = samples[i].completion.sampled
            mask[i, : len(sampled)] = 1.0 if own is None else own.float()
            values[i, : len(sampled)] = mean if first else sampled
        rewards = token_rewards(
            rewards=[s.turn_rewards if s.valid else [] for s in samples],
            ends=[s.turn_ends if s.valid else [] for s in samples],
            width=width,
        )  # [N, T]
        divergence = 0.0
        if config.kl_coef:
            k1 = self.divergence(batch, rows, width)  # [N, T]
            rewards -= config.kl_coef * k1
            divergence = float(k1.sum() / mask.sum())
        advantages, _ = generalised_advantages(
            rewards=rewards, values=values, mask=mask, gamma=config.gamma, lam=config.lam
        )
        _, returns = generalised_advantages(
            rewards=rewards, values=values, mask=mask, gamma=config.gamma, lam=config.lam_critic
        )
        return Targets(whitened(advantages, mask), returns, values, mask), divergence

    @torch.no_grad()
    def values(self, batch: Batch, rows: Sequence[int]) -> dict[int, Tensor]:
        """What the critic expected at each token of `rows` [T], before it learns from them."""
        samples = batch.samples
        if self.adapter is None:  # the sampler has asked it
            return {i: v for i in rows if (v := samples[i].completion.values) is not None}
        found: dict[int, Tensor] = {}
        own = self.world.share(sorted(rows, key=lambda i: len(samples[i].completion.tokens)))
        with self.adapter.at_work():
            lengths = [len(samples[i].completion.tokens) for i in own]
            for part in passes(lengths, TOKENS_PER_PASS):
                some = [samples[own[i]] for i in part]
                scores = self.score(batch, some, **_CRITICS)
                assert scores.hidden is not None
                values = self.adapter(mean_so_far(scores.hidden, scores.mask)) * scores.mask
                for row, i in enumerate(part):
                    found[own[i]] = values[row, : lengths[i]].cpu()
        return {i: v for part in self.world.gather(found) for i, v in part.items()}

    @torch.no_grad()
    def divergence(self, batch: Batch, rows: Sequence[int], width: int) -> Tensor:
        """Of the policy that sampled from the base, token by token: k1, log new - log base."""
        samples = batch.samples
        found = torch.zeros(len(samples), width)  # [N, T]
        told: dict[int, Tensor] = {}
        own = self.world.share(sorted(rows, key=lambda i: len(samples[i].completion.tokens)))
        lengths = [len(samples[i].completion.tokens) for i in own]
        with self.policy.model.disable_adapter():
            for part in passes(lengths, TOKENS_PER_PASS):
                some = [samples[own[i]] for i in part]
                scores = self.score(batch, some, with_entropy=False, with_hidden=False)
                for row, i in enumerate(part):
                    told[own[i]] = scores.logprobs[row, : lengths[i]].cpu()
        for share_of_one in self.world.gather(told):
            for i, base in share_of_one.items():
                # 0 on what was not sampled, as both are there.
                found[i, : len(base)] = samples[i].completion.logprobs - base
        return found

    def loss(
        self, part: Pass, *, targets: Targets, warm: bool, observed: bool = False
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """Of one pass; the policy's share only when the critic is `warm`. A fitted critic sees what
        it is `observed` from: each batch once."""
        config, scores = self.config, part.scores
        assert scores.entropy is not None
        rows, width, device = list(part.rows), scores.mask.shape[1], scores.mask.device
        advantages = targets.advantages[rows, :width].to(device)
        metrics: dict[str, Tensor] = {}
        error = scores.logprobs.new_zeros(())
        if self.adapter is None:
            error, metrics = self.critic_loss(part, targets=targets, observed=observed)
        entropy = (scores.entropy * part.weights).sum() / part.denominator
        metrics["entropy"] = entropy.detach()
        surrogate, about = clipped_policy_loss(
            logprobs=scores.logprobs,
            old_logprobs=part.old_logprobs,
            advantages=advantages,
            weights=part.weights,
            denominator=part.denominator,
            clip_low=config.clip_low,
            clip_high=config.clip_high,
            dual_clip=config.dual_clip,
        )
        policy = surrogate - config.entropy_coef * entropy if config.entropy_coef else surrogate
        loss = policy if warm else 0.0 * policy
        if config.critic == "trained":
            loss = loss + config.value_coef * error
        return loss, metrics | about

    def critic_loss(
        self, part: Pass, *, targets: Targets, observed: bool = False
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """The critic's error on one pass."""
        config, scores = self.config, part.scores
        assert scores.hidden is not None
        rows, width, device = list(part.rows), scores.mask.shape[1], scores.mask.device
        returns, old_values = (
            t[rows, :width].to(device) for t in (targets.returns, targets.values)
        )
        reaches = self.adapter is not None or config.critic_gradient == "trunk"
        hidden = mean_so_far(scores.hidden if reaches else scores.hidden.detach(), scores.mask)
        if self.fitted is not None and observed:
            real = scores.mask.bool()
            self.fitted.observe(hidden[real], returns[real])
        error, metrics = value_loss(
            values=self.critic(hidden),
            old_values=old_values,
            returns=returns,
            weights=part.weights,
            denominator=part.denominator,
            clip=config.value_clip,
        )
        return error, metrics | {"value_loss": error.detach()}

    def critic_step(self, batch: Batch, rows: Sequence[int], targets: Targets) -> dict[str, float]:
        """The optimizer step of a critic that takes its own; metrics summed over passes."""
        if self.adapter is None:
            return {}
        with self.adapter.at_work():
            loss_of = partial(self.critic_loss, targets=targets)
            metrics = self.step_on(batch, rows, loss_of, **_CRITICS)
        del metrics["grad_norm"]  # of another scale than the policy's
        return metrics

    def score(self, *args: Any, **options: Any) -> Any:
        return super().score(*args, **({"with_hidden": True} | options))

    # ------------------------------------------------------------ what a resumed run needs
    # `restore` leaves the critic as it is: what programs were paid does not change with the policy.

    def weights(self) -> dict[str, Tensor]:
        critic = {f"{_CRITIC}{n}": t.cpu().clone() for n, t in self.critic.state_dict().items()}
        return super().weights() | critic

    def load_weights(self, weights: Mapping[str, Tensor]) -> None:
        critic = {n[len(_CRITIC) :]: t for n, t in weights.items() if n.startswith(_CRITIC)}
        self.critic.load_state_dict(critic)
        super().load_weights({n: t for n, t in weights.items() if not n.startswith(_CRITIC)})


def train_ppo(config: PPOConfig, *, console: Console | None = None) -> TrainingResult:
    """See `run.train`."""
    return train(config, PPO, console=console)
