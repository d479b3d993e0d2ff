"""An agent behind an OpenAI-compatible chat endpoint: vLLM, llama.cpp, Ollama, a service.

An evaluation must not mistake a network for a model: every prompt without an answer is told apart
by its kind (`ErrorKind`), and none is waited for without end. What may pass (429, 5xx, a broken
connection) is asked again, after pauses that double and are shaken (exponential backoff with
jitter), or as long as the server says; a server that has left so many prompts in a row without an
answer is asked nothing more. What cannot pass (no key, no such model) ends the run with a sentence.
"""

from __future__ import annotations

import json
import queue
import random
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

from ..chat import (
    ChatClient,
    KeyUnusableError,
    LateError,
    NoReplyError,
    OversizeError,
    Reply,
    is_plain_address,
)
from .agent import (
    PORTABLE_SEEDS,
    AgentError,
    AgentSetupError,
    Answer,
    AnswerError,
    ErrorKind,
    StreamingAgent,
)
from .fence import program_in

KEY_ENV = "FORGEGYM_AGENT_KEY"

# A program of 64 kB, and what a reasoning model thinks before it.
MAX_REPLY = 16 << 20
# Seconds before the first retry, doubled for each after it up to the longest. With the default six
# that is about a minute in all: as long as the windows of most rate limits.
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 30.0
CONNECT_S = 10.0
# Retries at an address where nobody has replied yet: most likely it is mistyped, or not up.
FIRST_RETRIES = 2
# Prompts in a row without an answer, after which no more are sent.
GIVE_UP_AFTER = 32

# The key is refused or unpaid, or the address or the model is not there.
_MISCONFIGURED = frozenset({401, 402, 404, 405})
_PASSING = frozenset({408, 425, 429})


_KINDS: Mapping[str, tuple[type, ...]] = {
    "stop": (list, tuple),
    "send_seed": (bool,),
    "api_key_env": (str,),
}
# The least that numbers may be; those of an int here are whole.
_LEAST: Mapping[str, float] = {
    "temperature": 0.0, "top_p": 0.0, "max_tokens": 1, "concurrency": 1, "max_retries": 0,
    "timeout_s": 0.001, "deadline_s": 0.001, "prompt_price": 0.0, "completion_price": 0.0,
}  # fmt: skip
# What need not be given: the server decides, or nobody asks.
_SERVERS = frozenset({"temperature", "top_p", "max_tokens", "prompt_price", "completion_price"})


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointConfig:
    """Which model is asked, and how.

    `base_url`: of the API, up to ``/v1``. `model`: its name there. `api_key_env`: the environment
    variable that holds the key; it is read when a request is made and kept nowhere. Not set: no key
    is sent (a server of one's own seldom wants one).

    `temperature`, `top_p`, `max_tokens`, `stop`: of the sampling; None: the server's default.
    `send_seed`: whether each sample's seed is sent (modulo 2^31); some services refuse one.

    `concurrency`: requests at a time. `max_retries`: after a broken connection, a busy server (429,
    5xx) or what is no completion; after a time-out one at most. `timeout_s`: until an answer is
    whole. `deadline_s`: for a prompt, with all its retries and pauses.

    `prompt_price`, `completion_price`: of a million tokens, for the cost of an evaluation.

    Raises `AgentError` for a setting that cannot be.
    """

    base_url: str
    model: str
    # Of its own, so that a key meant for one service is not sent to another.
    api_key_env: str = KEY_ENV
    temperature: float | None = None
    top_p: float | None = None
    max_tokens: int | None = None
    stop: Sequence[str] = ()
    send_seed: bool = True
    concurrency: int = 16
    max_retries: int = 6
    timeout_s: float = 300.0
    deadline_s: float = 1200.0
    prompt_price: float | None = None
    completion_price: float | None = None

    def __post_init__(self) -> None:
        if not is_plain_address(self.base_url):
            raise AgentError(
                "the endpoint's address must be one like http://localhost:8000/v1, without a user, "
                "a query or a fragment"
            )
        if not self.model:
            raise AgentError("the endpoint's model must be named: openai:MODEL@URL")
        for name, kinds in _KINDS.items():
            if not isinstance(getattr(self, name), kinds):
                raise AgentError(f"the endpoint's {name} cannot be {getattr(self, name)!r}")
        for name, least in _LEAST.items():
            value = getattr(self, name)
            if value is None and name in _SERVERS:
                continue
            whole = isinstance(least, int)
            if not isinstance(value, int if whole else (int, float)) or isinstance(value, bool):
                wanted = "a whole number" if whole else "a number"
                raise AgentError(f"the endpoint's {name} is {wanted}, not {value!r}")
            if not least <= value < float("inf"):
                raise AgentError(f"the endpoint's {name} must be at least {least}, not {value}")


class _FailedError(Exception):
    """One request without an answer; `passing`: another one may have one, after `pause` seconds
    where the server says so."""

    def __init__(
        self, kind: ErrorKind, told: str, *, passing: bool, pause: float | None = None
    ) -> None:
        super().__init__(told)
        self.kind, self.passing, self.pause = kind, passing, pause


class _Line:
    """Prompts that wait in line, the threads that ask for their answers, and the answers."""

    def __init__(
        self, answer: Callable[[Sequence[str], int, threading.Event], Answer], threads: int
    ) -> None:
        self._answer, self._most = answer, threads
        self._waiting: deque[tuple[int, Sequence[str], int]] = deque()
        self._found: queue.SimpleQueue[tuple[int, Answer | AgentSetupError]] = queue.SimpleQueue()
        self._threads = 0
        self._lock = threading.Lock()
        self._stop = threading.Event()

    def put(self, key: int, conversation: Sequence[str], seed: int) -> None:
        """Takes a prompt on; a thread is started for it if there are not enough."""
        with self._lock:
            self._waiting.append((key, conversation, seed))
            if self._threads == self._most:
                return
            self._threads += 1
        # Daemons, unlike the threads of a pool: after Ctrl-C nobody waits for their requests.
        threading.Thread(target=self._work, name="forgegym-endpoint", daemon=True).start()

    def _work(self) -> None:
        while True:
            with self._lock:
                if not self._waiting or self._stop.is_set():
                    self._threads -= 1
                    return
                key, conversation, seed = self._waiting.popleft()
            found: Answer | AgentSetupError
            try:
                found = self._answer(conversation, seed, self._stop)
            except AgentSetupError as error:
                found = error
            except Exception as error:  # ours, and no reason to wait for it for ever
                told = f"{type(error).__name__}: {error}"
                found = Answer(error=AnswerError(ErrorKind.CRASHED, told))
            self._found.put((key, found))

    def get(self) -> list[tuple[int, Answer]]:
        """The answers that are there, at least one. Raises what is in the place of one."""
        found = [self._found.get()]
        while not self._found.empty():
            found.append(self._found.get())
        told = []
        for key, answer in found:
            if isinstance(answer, AgentSetupError):
                raise answer
            told.append((key, answer))
        return told

    def stop(self) -> None:
        """Begins no request any more."""
        self._stop.set()


class EndpointAgent(StreamingAgent):
    """Asks the model of an `EndpointConfig`, several requests at a time.

    `sleep` and `clock` wait and tell the time, in seconds. Raises `AgentError` when httpx is not
    installed, or `base_url` cannot be read.
    """

    def __init__(
        self,
        config: EndpointConfig,
        *,
        sleep: Callable[[float], object] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        try:
            self._client = ChatClient(
                config.base_url,
                key_env=config.api_key_env,
                timeout_s=config.timeout_s,
                connect_s=min(CONNECT_S, config.timeout_s),
                max_bytes=MAX_REPLY,
                connections=config.concurrency,
            )
        except ModuleNotFoundError:
            raise AgentError(
                "an endpoint needs httpx; install it with: pip install 'forgegym[endpoint]'"
            ) from None
        except ValueError as error:
            raise AgentError(f"the endpoint's address is none: {error}") from None
        self.config, self.name = config, f"openai:{config.model}"
        self.concurrency = config.concurrency
        sampling = ("model", "temperature", "top_p", "max_tokens", "stop", "send_seed")
        # Not the address: a server is moved without being another one, and names the inside of
        # somebody's network.
        self.settings = {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in asdict(config).items()
            if name in sampling
        }
        self._sleep, self._clock = sleep, clock
        self._limit_field = "max_tokens"
        self._has_replied = self._has_answered = False
        # Prompts in a row without an answer, and why the last one had none.
        self._silent, self._silence = 0, ErrorKind.UNREACHABLE
        self._lock = threading.Lock()
        self._line = _Line(self._answer, config.concurrency)

    def ask(self, key: int, conversation: Sequence[str], *, seed: int) -> None:
        """See `StreamingAgent`."""
        self._line.put(key, conversation, seed)

    def answered(self) -> list[tuple[int, Answer]]:
        """See `StreamingAgent`. Raises `AgentSetupError` when the key, the address or the model is
        wrong, unless there was an answer before."""
        return self._line.get()

    def forget(self) -> None:
        """See `StreamingAgent`. Requests that have been sent are not taken back."""
        self._line.stop()
        self._line = _Line(self._answer, self.config.concurrency)

    def close(self) -> None:
        """Closes the connections. May be called twice."""
        self.forget()
        self._client.close()

    def _answer(self, conversation: Sequence[str], seed: int, stop: threading.Event) -> Answer:
        """The answer to one prompt, asked for until it comes or there is no more hope."""
        if self._silent >= GIVE_UP_AFTER:
            told = f"not asked: {self._silent} prompts in a row had no answer before it"
            return Answer(error=AnswerError(self._silence, told))
        deadline = self._clock() + self.config.deadline_s
        asked, late = 0, 0
        while True:
            asked += 1
            try:
                answer = self._request(conversation, seed)
            except _FailedError as error:
                failed = error
            else:
                self._has_answered, self._silent = True, 0
                return answer
            if not failed.passing:  # a server that says no is there
                self._silent = 0
                break
            late += failed.kind is ErrorKind.TIMED_OUT
            pause = self._pause(asked, failed.pause)
            retries = self._retries(failed.kind)
            if asked > retries or late > 1 or self._clock() + pause > deadline or stop.is_set():
                with self._lock:
                    self._silent += 1
                    self._silence = failed.kind
                break
            self._sleep(pause)
            if stop.is_set():
                break
        told = str(failed)
        if failed.pause is not None and asked <= retries:
            told += f", and asks for {failed.pause:.0f} seconds"
        if asked > 1:
            told += f" (asked {asked} times)"
        return Answer(error=AnswerError(failed.kind, told))

    def _retries(self, kind: ErrorKind) -> int:
        # Where a whole round got no answer with all its retries, the next need not find out.
        if self._silent >= self.config.concurrency:
            return 0
        if kind is ErrorKind.UNREACHABLE and not self._has_replied:
            return min(FIRST_RETRIES, self.config.max_retries)
        return self.config.max_retries

    def _pause(self, asked: int, wanted: float | None) -> float:
        """Seconds until the next request. Never less than the server asked for, and shaken, so that
        those who were refused together do not come again together."""
        own = min(FIRST_PAUSE * 2.0 ** (asked - 1), LONGEST_PAUSE) * random.uniform(0.5, 1.5)
        return own if wanted is None else max(own, wanted + random.uniform(0.0, 1.0))

    def _request(self, conversation: Sequence[str], seed: int) -> Answer:
        """The answer to one request. Raises `_FailedError` or `AgentSetupError`."""
        field = self._limit_field
        reply = self._post(conversation, seed, field)
        if reply.status == 400 and b"max_completion_tokens" in reply.body and field == "max_tokens":
            self._limit_field = field = "max_completion_tokens"  # as OpenAI has renamed it
            reply = self._post(conversation, seed, field)
        self._has_replied = True
        if reply.status != 200:
            self._complain(reply)
        try:
            document = json.loads(reply.body)
            choice = document["choices"][0]
            text = choice["message"].get("content") or ""
            if not isinstance(text, str):
                raise TypeError
            usage = document.get("usage")
            ended = choice.get("finish_reason")
        except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
            told = f"sent no completion: {self._client.told(reply.body)}"
            raise _FailedError(ErrorKind.GARBAGE, told, passing=True) from None
        tokens, prompt_tokens = (_count(usage, f"{of}_tokens") for of in ("completion", "prompt"))
        cost = self._cost(prompt_tokens, tokens)
        program = program_in(_after_thought(text))
        if program.strip():
            return Answer(program, tokens, prompt_tokens, cost)
        told = f"answered without a program ({tokens or 'no'} tokens, finish_reason {ended!r})"
        error = AnswerError(ErrorKind.EMPTY, told)
        return Answer("", tokens, prompt_tokens, cost, error)

    def _post(self, conversation: Sequence[str], seed: int, limit_field: str) -> Reply:
        config = self.config
        roles = ("user", "assistant")
        sampling = {
            "temperature": config.temperature,
            "top_p": config.top_p,
            limit_field: config.max_tokens,
            "stop": list(config.stop) or None,
            "seed": seed % PORTABLE_SEEDS if config.send_seed else None,
        }
        document = {
            "model": config.model,
            "messages": [
                {"role": roles[at % 2], "content": text} for at, text in enumerate(conversation)
            ],
            **{name: value for name, value in sampling.items() if value is not None},
        }
        try:
            return self._client.post(document)
        except LateError as error:
            raise _FailedError(ErrorKind.TIMED_OUT, str(error), passing=True) from None
        except OversizeError as error:
            raise _FailedError(ErrorKind.GARBAGE, str(error), passing=False) from None
        except NoReplyError as error:
            raise _FailedError(ErrorKind.UNREACHABLE, str(error), passing=True) from None
        except KeyUnusableError as error:
            raise AgentSetupError(str(error)) from None

    def _complain(self, reply: Reply) -> None:
        """Raises what a status other than 200 means."""
        status, told = reply.status, f"HTTP {reply.status}: {self._client.told(reply.body)}"
        if status in _PASSING or status >= 500:
            kind = ErrorKind.RATE_LIMITED if status == 429 else ErrorKind.UNREACHABLE
            raise _FailedError(kind, told, passing=True, pause=reply.retry_after)
        wrong = status in _MISCONFIGURED or 300 <= status < 400
        if not wrong or self._has_answered:
            raise _FailedError(ErrorKind.REFUSED, told, passing=False)
        if status == 401:  # not in the server's words: some quote the key
            state = "refused" if self._client.key() else "not set"
            raise AgentSetupError(
                f"the endpoint {self._client.url} wants a key (HTTP 401), and that in the "
                f"environment variable {self.config.api_key_env} is {state}"
            )
        raise AgentSetupError(
            f"the address, the model {self.config.model!r} or the account of the endpoint is "
            f"wrong: {self._client.url} answered {told}"
        )

    def _cost(self, prompt_tokens: int | None, tokens: int | None) -> float | None:
        of_prompt, of_completion = self.config.prompt_price, self.config.completion_price
        if of_prompt is None and of_completion is None:
            return None
        amounts = ((prompt_tokens, of_prompt), (tokens, of_completion))
        return sum((count or 0) * (price or 0.0) for count, price in amounts) / 1e6


def _after_thought(text: str) -> str:
    """An answer without what the model thought before it, where the server leaves that in; what
    begins a thought may be in the model's template."""
    _, ended, answer = text.partition("</think>")
    if ended:
        return answer
    return "" if text.lstrip().startswith("<think>") else text


def _count(usage: object, name: str) -> int | None:
    """A number of tokens as the server reports it, None where it does not."""
    count = usage.get(name) if isinstance(usage, Mapping) else None
    return count if isinstance(count, int) and not isinstance(count, bool) and count >= 0 else None


def load_endpoint_agent(rest: str, options: Mapping[str, Any]) -> EndpointAgent:
    """The agent that ``openai:`` and `rest` (``MODEL@URL``) name, with options of `EndpointConfig`.

    Raises `AgentError` when it cannot be.
    """
    model, at, base_url = rest.rpartition("@")  # some models' names begin with one
    if not at:
        raise AgentError(
            f"'openai:{rest}' names no endpoint: it is openai:MODEL@URL, such as "
            f"openai:{rest or 'MODEL'}@http://localhost:8000/v1"
        )
    known = [f.name for f in fields(EndpointConfig) if f.name not in ("base_url", "model")]
    for name in options:
        if name not in known:
            raise AgentError(f"an endpoint has no option {name!r}: it takes {', '.join(known)}")
    return EndpointAgent(EndpointConfig(base_url=base_url, model=model, **options))
