"""What an agent is, and how one is found by its name.

An agent answers prompts with programs. It sees text only and is given a seed for every sample, so
that a result can be replayed whatever batch the sample was drawn in. Agents that need torch are
imported when they are asked for.
"""

from __future__ import annotations

import importlib
import inspect
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from types import MappingProxyType
from typing import Any, Protocol, runtime_checkable


@runtime_checkable
class Agent(Protocol):
    """Anything that turns prompts into programs."""

    name: str

    def generate(self, prompts: Sequence[str], *, seeds: Sequence[int]) -> list[str]:
        """One program for each prompt (an observation of the environment), in their order.

        `seeds` holds one number a prompt; the same prompt and seed give the same program.
        """
        ...


@runtime_checkable
class Metered(Protocol):
    """An agent that says what its programs cost."""

    tokens: Sequence[int | None]
    """Tokens that were sampled for each program of the last call of `generate`; None: unknown."""


class ErrorKind(str, Enum):
    """What became of a prompt that an agent did not answer with a program."""

    UNREACHABLE = "unreachable"
    """No connection, or a server that fails (5xx)."""
    RATE_LIMITED = "rate limited"
    TIMED_OUT = "timed out"
    REFUSED = "refused"
    """It will not answer this prompt: too long, say, or against its rules."""
    GARBAGE = "garbage"
    """What came is no answer."""
    EMPTY = "empty"
    """An answer without a program in it."""
    CRASHED = "crashed"


class AnswerError(Exception):
    """An agent has no program for a prompt. Agents of your own may raise it, to say the kind."""

    def __init__(self, kind: ErrorKind, message: str) -> None:
        super().__init__(message)
        self.kind = kind


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of one prompt: a program, or the `error` because of which there is none.

    `tokens` were sampled for it, `prompt_tokens` read; `cost` is in the currency of the prices that
    the agent was given. None: unknown.
    """

    program: str = ""
    tokens: int | None = None
    prompt_tokens: int | None = None
    cost: float | None = None
    error: AnswerError | None = None


class AnsweringAgent(ABC):
    """An agent that says of each prompt what became of it, so that one failure costs one episode.

    `settings`: what its programs depend on beside prompt and seed, as JSON data. They are written
    into results, and hold no secrets.
    """

    name: str
    settings: Mapping[str, Any] = MappingProxyType({})
    tokens: Sequence[int | None] = ()

    @abstractmethod
    def answers(
        self, conversations: Sequence[Sequence[str]], *, seeds: Sequence[int]
    ) -> list[Answer]:
        """One answer for each conversation: the prompt, then in turn a program and what the
        environment said of it. Raises `AgentSetupError` when no prompt could be answered."""

    def generate(self, prompts: Sequence[str], *, seeds: Sequence[int]) -> list[str]:
        """See `Agent`. Raises the `AnswerError` of the first prompt that was not answered."""
        answers = self.answers([(prompt,) for prompt in prompts], seeds=seeds)
        for answer in answers:
            if answer.error is not None:
                raise answer.error
        self.tokens = [answer.tokens for answer in answers]
        return [answer.program for answer in answers]

    @abstractmethod
    def close(self) -> None:
        """Lets go of connections and processes. May be called twice."""


class StreamingAgent(AnsweringAgent):
    """An agent that answers prompts side by side, each as soon as it can: what one is waited for
    holds up no other.

    `concurrency`: how many it answers at a time; more may be asked, and wait.
    """

    concurrency: int

    @abstractmethod
    def ask(self, key: int, conversation: Sequence[str], *, seed: int) -> None:
        """Takes a prompt on, and returns at once. `key`: what its answer is told by, of no other
        prompt that has none yet."""

    @abstractmethod
    def answered(self) -> list[tuple[int, Answer]]:
        """Keys and answers of prompts that were taken on: all that are there, and at least one,
        which is waited for. Raises `AgentSetupError` when no prompt could be answered."""

    @abstractmethod
    def forget(self) -> None:
        """Waits for no answer any more: those that come are nobody's."""

    def answers(
        self, conversations: Sequence[Sequence[str]], *, seeds: Sequence[int]
    ) -> list[Answer]:
        """See `AnsweringAgent`; not while other prompts are under way."""
        found: dict[int, Answer] = {}
        try:  # from before the first request: Ctrl-C may come as early as its answer
            for at, (conversation, seed) in enumerate(zip(conversations, seeds, strict=True)):
                self.ask(at, conversation, seed=seed)
            while len(found) < len(seeds):
                found.update(self.answered())
        finally:
            self.forget()
        return [found[at] for at in range(len(seeds))]


def transcript(conversation: Sequence[str]) -> str:
    """A conversation as one text, for agents that take a text: the prompt, then each program with
    what was said of it."""
    prompt, *turns = conversation
    said = zip(turns[::2], turns[1::2], strict=True)
    return prompt + "".join(f"{program.rstrip()}\n\n{told}\n" for program, told in said)


@runtime_checkable
class Conversing(Protocol):
    """An agent that keeps what was said apart from what it answered."""

    def converse(
        self,
        conversations: Sequence[Sequence[str]],
        *,
        seeds: Sequence[int],
        max_new_tokens: int | None = None,
    ) -> list[str]:
        """The next answer in each conversation: a prompt, an answer, what was said of it, the next
        answer, ... `max_new_tokens`: of these answers (None: the agent's own limit)."""
        ...


@runtime_checkable
class Configured(Protocol):
    """An agent that says what its programs depend on beside prompt and seed."""

    settings: Mapping[str, Any]
    """As JSON data; they are written into results, and hold no secrets."""


class AgentError(ValueError):
    """No agent can be made as asked; the message is one sentence that says what there is."""


class AgentSetupError(AgentError):
    """An agent that cannot answer anything as it is set up; the message is one sentence."""


BUILT_IN: tuple[str, ...] = ("template", "random", "grammar", "tiny")
"""The agents that ForgeGym brings; `grammar` chooses among rules of a small grammar at random,
`tiny` is the base policy before it has learnt from reward."""

# Seeds have 63 bits; all that is outside takes 31 (llama.cpp has 32, numbers of JavaScript 53).
PORTABLE_SEEDS = 1 << 31

# The options of a policy, and what they may be.
_POLICY: dict[str, tuple[type, ...]] = {
    "base": (str,),
    "device": (str,),
    "temperature": (int, float),
    "max_new_tokens": (int,),
    "stop": (list, tuple),
    "top_p": (int, float),
}
_MODEL_FILES = ("adapter_config.json", "config.json")
# A training run keeps its adapters in folders of these names.
_RUN_FOLDERS = (".", "best", "latest")


def load_agent(spec: str, **options: Any) -> Agent:
    """The agent that `spec` names, made with `options`.

    ``"template"`` (options `min_complexity`, `max_complexity`, `structure`), ``"random"`` and
    ``"grammar"`` (no options), ``"tiny"`` (Compact's; ``"tiny-rust"`` and so on are the others) or
    the folder of a model, an adapter or a run (options of `agents.policy_agent.load_policy_agent`);
    ``"sb3:PATH"`` (a run of `train sb3`, or a zip in it), ``"search:PATH"`` (a folder that `bench
    sb3` left); from outside ``"openai:MODEL@URL"`` (`agents.endpoint`), ``"process:COMMAND"``
    (`agents.process`), ``"hf:NAME"`` (a model on Hugging Face's hub, or a folder) or
    ``"module:factory"``, a callable outside ForgeGym that returns an `Agent`. ``docs/agents.md``
    has an example of each.

    Raises `AgentError` when there is no such agent or it does not take the options.
    """
    if spec == "template":
        from .template import TemplateAgent

        return TemplateAgent(**_accepted(spec, options, "min_complexity max_complexity structure"))
    if spec == "random":
        from .random import RandomTextAgent

        return RandomTextAgent(**_accepted(spec, options, ""))
    if spec == "grammar":
        from .grammar import UniformAgent

        return UniformAgent(**_accepted(spec, options, ""))
    door, colon, rest = spec.partition(":")
    if colon and door in DOORS:
        return DOORS[door](rest, {k: v for k, v in options.items() if v is not None})
    folder = Path(spec)
    if spec.partition("-")[0] == "tiny" and not folder.is_dir():
        return _load_policy(spec, options)
    if folder.is_dir():
        if not any(
            (folder / run / name).is_file() for run in _RUN_FOLDERS for name in _MODEL_FILES
        ):
            raise AgentError(
                f"the folder {spec!r} holds no model: there is no {' or '.join(_MODEL_FILES)} in it"
            )
        return _load_policy(spec, options)
    if ":" in spec and not folder.exists():
        return _load_outside(spec, options)
    known = ", ".join(repr(name) for name in BUILT_IN)
    kind = "a file, not a folder" if folder.exists() else "neither an agent nor a folder"
    raise AgentError(
        f"unknown agent {spec!r}: it is {kind}; there are {known}, the folder of a model, an "
        f"adapter or a training run, {', '.join(_MEANT.values())} and 'module:factory' for an "
        "agent of your own"
    )


def without_address(spec: str) -> str:
    """`spec` as results may hold it: a server is moved without being another one, and names the
    inside of somebody's network."""
    return spec.rpartition("@")[0] or spec if spec.startswith("openai:") else spec


def _accepted(spec: str, options: dict[str, Any], names: str) -> dict[str, Any]:
    """The options that were given a value; raises `AgentError` for one the agent does not know."""
    given = {key: value for key, value in options.items() if value is not None}
    for key in given:
        if key not in names.split():
            takes = f"takes {', '.join(names.split())}" if names else "takes no options"
            raise AgentError(f"the agent {spec!r} has no option {key!r}: it {takes}")
    return given


def _load_policy(path: str, options: dict[str, Any]) -> Agent:
    options = _accepted(path, options, " ".join(_POLICY))
    for name, value in options.items():
        if not isinstance(value, _POLICY[name]):
            raise AgentError(f"the option {name!r} of a model cannot be {value!r}")
    try:
        module = importlib.import_module(".policy_agent", __package__)
    except ModuleNotFoundError as missing:
        raise AgentError(
            f"a trained policy needs {missing.name!r}: install it with "
            "pip install 'forgegym[agents]'"
        ) from None
    agent: Agent = module.load_policy_agent(path, **options)
    return agent


def _load_endpoint(rest: str, options: dict[str, Any]) -> Agent:
    from .endpoint import load_endpoint_agent

    return load_endpoint_agent(rest, options)


def _load_process(rest: str, options: dict[str, Any]) -> Agent:
    from .process import load_process_agent

    return load_process_agent(rest, options)


def _load_hub(rest: str, options: dict[str, Any]) -> Agent:
    if not rest:
        raise AgentError(f"name a model or a folder: {_MEANT['hf']}")
    return _load_policy(rest, options)


def _load_sb3(rest: str, options: dict[str, Any]) -> Agent:
    from .sb3 import load_sb3_agent

    return load_sb3_agent(rest, **_accepted(f"sb3:{rest}", options, ""))


def _load_search(rest: str, options: dict[str, Any]) -> Agent:
    from .search import load_search_agent

    _accepted(f"search:{rest}", options, "")
    return load_search_agent(rest)


# What stands before the colon -> how the rest is made an agent, with the options given.
DOORS: dict[str, Callable[[str, dict[str, Any]], Agent]] = {
    "openai": _load_endpoint,
    "process": _load_process,
    "hf": _load_hub,
    "sb3": _load_sb3,
    "search": _load_search,
}
_MEANT = {
    "openai": "'openai:MODEL@http://host:port/v1' for an endpoint",
    "process": "'process:COMMAND' for a program in any language",
    "hf": "'hf:NAME' for a model on Hugging Face's hub",
    "sb3": "'sb3:FOLDER' for a run of `train sb3`",
    "search": "'search:FOLDER' for what `bench sb3` found without learning",
}


def _load_outside(spec: str, options: dict[str, Any]) -> Agent:
    module_name, _, factory_name = spec.partition(":")
    try:
        module = importlib.import_module(module_name)
    except ModuleNotFoundError as missing:
        raise AgentError(
            f"the agent {spec!r} cannot be imported: there is no module {missing.name!r}"
        ) from None
    except (ValueError, TypeError):
        raise AgentError(
            f"the agent {spec!r} cannot be imported: {module_name!r} is not a module's name"
        ) from None
    factory = getattr(module, factory_name, None)
    if not callable(factory):
        raise AgentError(f"the module {module_name!r} has no callable {factory_name!r}")
    given = {key: value for key, value in options.items() if value is not None}
    try:
        inspect.signature(factory).bind(**given)
    except (TypeError, ValueError) as error:  # ValueError: a factory without a signature
        raise AgentError(f"the agent {spec!r} cannot be made with these options: {error}") from None
    agent = factory(**given)
    if not isinstance(agent, Agent):
        raise AgentError(
            f"{spec!r} returned a {type(agent).__name__}, which has no `name` and `generate`: "
            "see forgegym.agents.agent.Agent"
        )
    if not isinstance(agent.name, str):
        raise AgentError(f"the name of {spec!r} is a text, not {agent.name!r}")
    return agent
