"""Agents from outside: the examples of docs/agents.md, and what becomes of agents that fail.

Endpoints are a real HTTP server on this machine, programs are real processes; only the pauses
between requests are not waited for.
"""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from chat_server import Answer, Server, completion
from conftest import ROOT, missing
from typer.testing import CliRunner

from forgegym.agents import agent as outside
from forgegym.agents import endpoint as endpoint_module
from forgegym.agents.agent import (
    AgentError,
    AgentSetupError,
    AnswerError,
    AnsweringAgent,
    ErrorKind,
    StreamingAgent,
    load_agent,
    transcript,
)
from forgegym.agents.endpoint import FIRST_RETRIES, GIVE_UP_AFTER, EndpointAgent, EndpointConfig
from forgegym.agents.process import MAX_LINE, ProcessAgent
from forgegym.benchmarks.evaluate import evaluate, evaluate_into, read_rows
from forgegym.benchmarks.evaluation_config import EvaluationConfig, frozen_tasks
from forgegym.benchmarks.summary import summarise
from forgegym.cli import app

KEY = "sk-a-key-of-this-test"
CONTRACT = "import CompactStandardLibrary;\nexport circuit f(x: Field): Field { return x; }\n"
USAGE = {"prompt_tokens": 100, "completion_tokens": 30, "total_tokens": 130}
GOOD = Answer({**completion(f"Here it is:\n```compact\n{CONTRACT}```\nDone."), "usage": USAGE})


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    for name in ("FORGEGYM_AGENT_KEY", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    made = Server(GOOD)
    yield made
    made.close()


class Time:
    """Pauses that take no time, and a clock that goes on by them."""

    def __init__(self) -> None:
        self.now, self.pauses = 0.0, []
        self._lock = threading.Lock()

    def sleep(self, seconds: float) -> None:
        with self._lock:
            self.now += seconds
            self.pauses.append(seconds)

    def clock(self) -> float:
        return self.now


def asking(server: Server, paced: Time | None = None, **options) -> EndpointAgent:
    paced = paced or Time()
    config = EndpointConfig(base_url=server.url, model="some-model", **options)
    return EndpointAgent(config, sleep=paced.sleep, clock=paced.clock)


def kinds(answers) -> list[str | None]:
    return [None if a.error is None else a.error.kind.value for a in answers]


def ask(agent: AnsweringAgent, *prompts: str):
    return agent.answers([(prompt,) for prompt in prompts], seeds=range(len(prompts)))


def configuration(samples: int = 4, **changes) -> EvaluationConfig:
    return EvaluationConfig(
        "CompactContract-v0", "outside", samples=samples, toolchain="frontend", **changes
    )


# ---------------------------------------------------------------- the page

PAGE = (ROOT / "docs" / "agents.md").read_text(encoding="utf-8")
SECTIONS = {part.splitlines()[0]: part for part in re.split(r"^## ", PAGE, flags=re.M)[1:]}
EXAMPLES = {name: part for name, part in SECTIONS.items() if "```console" in part}
# What a reader does before, and a test does not: installing, and serving a model.
_NOT_RUN = ("pip install", "vllm serve")


def files(section: str) -> dict[str, str]:
    """The files that a section shows: a block after a line that begins with the file's name."""
    return dict(re.findall(r"^`([\w.]+)`[^\n]*:\n\n```\w+\n(.*?)^```$", section, re.M | re.S))


def commands(section: str) -> list[tuple[str, str]]:
    """The commands of a section, and what the page says that they print."""
    found: list[tuple[str, str]] = []
    for block in re.findall(r"^```console\n(.*?)^```$", section, re.M | re.S):
        for line in block.splitlines():
            if line.startswith("$ "):
                found.append((line[2:], ""))
            else:
                found[-1] = (found[-1][0], found[-1][1] + line + "\n")
    return found


def test_the_page_has_an_example_of_each_door():
    assert list(EXAMPLES) == [
        "A Python object",
        "An import path",
        "An endpoint",
        "A program in any language",
        "A model",
    ]
    for spec in ("my_agents:make_agent", "openai:", "process:node", "process:python", "hf:"):
        assert any(f"--agent {q}{spec}" in PAGE for q in ("", "'"))


@pytest.mark.parametrize(
    "name", [*list(EXAMPLES)[:-1], pytest.param("A model", marks=pytest.mark.learning)]
)
def test_the_examples_of_the_page_run(name, server, tmp_path, monkeypatch):
    section = EXAMPLES[name]
    if "node " in section and shutil.which("node") is None:
        missing("node", "there is no node to run the page's example with")
    # Like the command of an installed ForgeGym, and unlike `python -m`, it does not see the folder.
    (tmp_path / "bin").mkdir()
    script = tmp_path / "bin" / "forgegym"
    script.write_text(f"#!{sys.executable}\nfrom forgegym.cli import main\nmain()\n")
    script.chmod(0o755)
    (tmp_path / "bin" / "python").symlink_to(sys.executable)
    here = tmp_path / "here"
    here.mkdir()
    for file, text in files(section).items():
        (here / file).write_text(text, encoding="utf-8")
    if "./my-model" in section:
        shutil.copytree(ROOT / "agents" / "tiny" / "compact", here / "my-model")
    path = f"{tmp_path / 'bin'}:{os.environ['PATH']}"
    # The script's own interpreter finds what this one does.
    sites = ":".join(p for p in sys.path if p)
    environment = {**os.environ, "PATH": path, "PYTHONPATH": sites, "NO_COLOR": "1"}
    ran = 0
    for command, output in commands(section):
        if command.startswith(_NOT_RUN):
            continue
        if command.startswith("export "):
            variable, _, value = command.removeprefix("export ").partition("=")
            environment[variable] = value
            continue
        command = command.replace("http://localhost:8000/v1", server.url)
        command = command.replace("hf:Qwen/Qwen2.5-Coder-0.5B-Instruct", "hf:./my-model")
        command = command.replace("PYTHONPATH=. ", f"PYTHONPATH=.:{sites} ")
        command = command.replace("max_new_tokens=1024", "max_new_tokens=256")  # the tiny one's
        done = subprocess.run(
            command, shell=True, cwd=here, env=environment, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        if output:
            assert done.stdout == output
        ran += 1
    folders = list((here / "runs").iterdir()) if (here / "runs").is_dir() else []
    assert ran >= 1
    assert len(folders) == (0 if name == "A Python object" else ran)
    for folder in folders:
        rows = read_rows(folder)
        assert [row["agent_error"] for row in rows] == [None] * 8
        if name != "A model":
            assert all(row["accepted"] for row in rows)


# ---------------------------------------------------------------- an endpoint: what is sent


def test_the_prompt_the_seed_and_what_was_given_are_sent_and_nothing_else(server):
    agent = asking(server, temperature=0.25, max_tokens=77)
    agent.answers([("Write it.",)], seeds=[2**40 + 5])
    assert server.paths == ["/v1/chat/completions"]
    assert server.requests == [
        {
            "model": "some-model",
            "messages": [{"role": "user", "content": "Write it."}],
            "temperature": 0.25,
            "max_tokens": 77,
            "seed": 5,
        }
    ]
    assert "Authorization" not in server.headers[0]


def test_sampling_options_have_the_protocols_names(server):
    ask(asking(server, top_p=0.9, stop=["\n\n"], send_seed=False), "p")
    sent = {k: v for k, v in server.requests[0].items() if k not in ("model", "messages")}
    assert sent == {"top_p": 0.9, "stop": ["\n\n"]}


def test_the_turns_of_an_episode_are_a_chat(server):
    server.default = lambda document: Answer(
        completion("circuit" if len(document["messages"]) == 1 else CONTRACT)
    )
    rows = evaluate(asking(server), configuration(samples=1, turns=2))
    assert (rows[0]["turns"], rows[0]["accepted"]) == (2, True)
    first, second = (request["messages"] for request in server.requests)
    assert [m["role"] for m in second] == ["user", "assistant", "user"]
    assert second[0] == first[0]
    assert second[1]["content"] == "circuit"
    assert "Attempt 1 of 2" in second[2]["content"]
    assert server.requests[0]["seed"] != server.requests[1]["seed"]


def test_agents_that_take_a_text_read_the_same_turns_as_one():
    assert transcript(["p\n", "a\n\n", "said"]) == "p\na\n\nsaid\n"


def test_the_name_for_the_limit_that_a_server_asks_for_is_learnt(server):
    told = {"error": {"message": "'max_tokens' is not supported: use 'max_completion_tokens'."}}
    server.script = [Answer(told, status=400)]
    agent = asking(server, max_tokens=9, concurrency=1)
    assert kinds(ask(agent, "a", "b")) == [None, None]
    assert [r.get("max_completion_tokens") for r in server.requests] == [None, 9, 9]


def test_answers_come_in_the_order_of_the_prompts_however_late(server):
    late = threading.Event()

    def answer(document):
        prompt = document["messages"][0]["content"]
        if prompt == "first":
            assert late.wait(10)  # until the last prompt was asked
        if prompt == "last":
            late.set()
        return Answer(completion(f"program of {prompt}"))

    server.default = answer
    found = ask(asking(server, concurrency=2), "first", "second", "third", "last")
    told = [f"program of {p}" for p in ("first", "second", "third", "last")]
    assert [a.program for a in found] == told


# ---------------------------------------------------------------- an endpoint: what is answered


@pytest.mark.parametrize(
    ("content", "program"),
    [
        ("export circuit f", "export circuit f"),
        ("So:\n```rust\nfn f() {}\n```\nas asked", "fn f() {}\n"),
        ("<think>```\nno\n```</think>\n```\nyes\n```", "yes\n"),
        ("<think>hm</think>\n\nplain", "\n\nplain"),
        ("hm, ```\nno\n```\n</think>\nplain", "\nplain"),
        ("// no <think>\nplain", "// no <think>\nplain"),
    ],
)
def test_the_program_is_found_in_what_a_model_says(server, content, program):
    server.default = Answer(completion(content))
    assert ask(asking(server), "p")[0].program == program


def test_tokens_and_cost_are_in_rows_and_summary(server, tmp_path):
    agent = asking(server, prompt_price=2.0, completion_price=10.0)
    evaluate_into(tmp_path, agent, configuration(samples=3))
    (row, *_) = read_rows(tmp_path)
    assert (row["tokens"], row["prompt_tokens"], row["cost"]) == (30, 100, pytest.approx(5e-4))
    summary = json.loads((tmp_path / "summary.json").read_text())["summary"]
    assert (summary["tokens"], summary["prompt_tokens"]) == (90, 300)
    assert summary["cost"] == pytest.approx(1.5e-3)


@pytest.mark.parametrize("usage", [None, {}, "many", {"completion_tokens": "30"}])
def test_a_server_that_does_not_count_is_believed_anyway(server, usage):
    server.default = Answer({**completion(CONTRACT), "usage": usage})
    (answer,) = ask(asking(server, prompt_price=1.0), "p")
    assert (answer.error, answer.tokens) == (None, None)


# ---------------------------------------------------------------- an endpoint: what fails

BAD_REPLIES = {
    "html": (Answer(b"<html>"), "garbage", "sent no completion: <html>"),
    "no choices": (Answer({"error": "overloaded"}), "garbage", "overloaded"),
    "an odd content": (Answer(completion(7) | {"choices": [7]}), "garbage", "sent no completion"),
    "nested": (Answer(b"[" * 100_000), "garbage", "sent no completion"),
    "empty": (Answer(completion("  \n")), "empty", "answered without a program"),
    "only thought": (Answer(completion("<think>and so on")), "empty", "without a program"),
    "429": (Answer("slow down", status=429), "rate limited", "HTTP 429: "),
    "500": (Answer("oh", status=500), "unreachable", "HTTP 500: "),
    "503": (Answer("loading", status=503), "unreachable", "HTTP 503: "),
    "too long": (Answer("context length", status=400), "refused", "HTTP 400: "),
    "against rules": (Answer("filtered", status=403), "refused", "HTTP 403: "),
}


@pytest.mark.parametrize("bad", BAD_REPLIES)
def test_what_is_no_answer_has_a_kind_and_says_what_the_server_said(server, bad):
    reply, kind, told = BAD_REPLIES[bad]
    server.default = reply
    (answer,) = ask(asking(server), "p")
    assert answer.error is not None
    assert answer.error.kind.value == kind
    assert told in str(answer.error)
    asked_again = kind not in ("empty", "refused")
    assert len(server.requests) == (7 if asked_again else 1)


def test_a_server_that_is_not_there_is_unreachable(server):
    url = server.url
    server.close()
    paced = Time()
    agent = EndpointAgent(
        EndpointConfig(base_url=url, model="m"), sleep=paced.sleep, clock=paced.clock
    )
    (answer,) = ask(agent, "p")
    assert answer.error is not None
    assert answer.error.kind is ErrorKind.UNREACHABLE
    assert "did not answer at" in str(answer.error)
    assert len(paced.pauses) == FIRST_RETRIES


def test_a_connection_that_breaks_later_is_tried_as_often_as_a_busy_server(server):
    paced = Time()
    agent = asking(server, paced)
    assert kinds(ask(agent, "p")) == [None]
    server.close()
    agent._client.close()  # what is connected already would still be answered
    agent._client = asking(server)._client
    assert kinds(ask(agent, "p")) == ["unreachable"]
    assert len(paced.pauses) == 6


def test_a_server_that_hangs_is_waited_for_twice(server):
    server.default = server.hang
    (answer,) = ask(asking(server, timeout_s=1.0), "p")
    assert kinds([answer]) == ["timed out"]
    assert len(server.requests) == 2


def test_a_server_that_drips_hangs_too(server):
    server.default = Answer({**completion("x" * 2000)}, chunk=1)
    (answer,) = ask(asking(server, timeout_s=1.0, max_retries=0), "p")
    assert kinds([answer]) == ["timed out"]


def test_what_passes_is_answered_after_pauses_that_double_and_are_shaken(server):
    paced = Time()
    server.script = [Answer("busy", status=500)] * 4
    assert kinds(ask(asking(server, paced), "p")) == [None]
    for n, pause in enumerate(paced.pauses):
        assert 0.5 * 2**n <= pause <= 1.5 * 2**n
    assert len(paced.pauses) == 4
    # All that were refused together do not come again together.
    again = Time()
    server.script = [Answer("busy", status=500)] * 4
    ask(asking(server, again), "p")
    assert again.pauses != paced.pauses


def test_a_server_is_left_alone_for_as_long_as_it_says(server):
    paced = Time()
    server.script = [Answer("slower", status=429, Retry_After="17")]
    assert kinds(ask(asking(server, paced), "p")) == [None]
    assert 17 <= paced.pauses[0] <= 18


def test_nobody_waits_longer_than_the_deadline(server):
    paced = Time()
    server.default = Answer("tomorrow", status=429, Retry_After="500")
    (answer,) = ask(asking(server, paced), "p")
    assert kinds([answer]) == ["rate limited"]
    assert len(paced.pauses) == 2  # a third would pass 1200 seconds
    assert "asks for 500 seconds" in str(answer.error)


def test_a_storm_of_429_ends_and_costs_few_requests(server):
    server.default = Answer("slow down", status=429)
    agent = asking(server, concurrency=4, max_retries=2)
    found = ask(agent, *map(str, range(100)))
    assert kinds(found) == ["rate limited"] * 100
    assert "not asked" in str(found[-1].error)
    assert len(server.requests) < 3 * GIVE_UP_AFTER


def test_one_answer_ends_the_silence(server):
    busy = Answer("busy", status=500)
    server.script = [busy, busy, GOOD, busy, GOOD]
    agent = asking(server, concurrency=1, max_retries=1)
    # The second is asked once, because the first had no answer; the third has its retry again.
    assert kinds(ask(agent, "a", "b", "c")) == ["unreachable", None, None]
    assert len(server.requests) == 5


def test_one_refused_prompt_costs_its_episode_alone(server):
    def answer(document):
        seen = len(server.requests)
        return Answer("too long", status=400) if seen == 3 else GOOD

    server.default = answer
    rows = evaluate(asking(server, concurrency=1), configuration(samples=5))
    errors = [row["agent_error"] for row in rows]
    assert errors.count(None) == 4
    assert {"kind": "refused", "message": 'HTTP 400: "too long"'} in errors
    assert len(server.requests) == 5


@pytest.mark.parametrize(
    ("reply", "told"),
    [
        (Answer("no", status=401), "wants a key (HTTP 401), and that in the environment variable"),
        (Answer({"message": "no model some-model"}, status=404), "no model some-model"),
        (Answer("pay", status=402), "HTTP 402"),
        (Answer("", status=308, Location="http://elsewhere"), "HTTP 308"),
    ],
)
def test_what_is_set_up_wrongly_ends_the_run_with_a_sentence(server, tmp_path, reply, told):
    server.default = reply
    with pytest.raises(AgentSetupError, match=re.escape(told)):
        evaluate_into(tmp_path, asking(server), configuration())
    # Set up rightly, it begins in the same folder, with other settings, too.
    server.default = GOOD
    summary = evaluate_into(tmp_path, asking(server, temperature=0.5), configuration())
    assert summary.agent_errors == 0


def test_a_key_that_is_refused_later_costs_episodes_and_not_the_run(server):
    server.script = [GOOD, Answer("expired", status=401)]
    assert kinds(ask(asking(server, concurrency=1), "a", "b", "c")) == [None, "refused", None]


def test_the_key_is_sent_and_is_nowhere_else(server, tmp_path, monkeypatch):
    monkeypatch.setenv("FORGEGYM_AGENT_KEY", KEY)
    server.script = [Answer(f"your key {KEY} is odd", status=500)]
    server.default = Answer(f"no more for {KEY}", status=400)
    agent = asking(server)
    evaluate_into(tmp_path, agent, configuration())
    assert {h["Authorization"] for h in server.headers} == {f"Bearer {KEY}"}
    kept = [path.read_text() for path in tmp_path.iterdir()]
    assert not [text for text in (*kept, repr(vars(agent)), repr(agent.config)) if KEY in text]
    assert any("no more for [key]" in text for text in kept)


def test_the_address_is_not_in_the_results(server, tmp_path):
    evaluate_into(tmp_path, asking(server), configuration())
    assert not [p for p in tmp_path.iterdir() if server.url in p.read_text()]
    settings = json.loads((tmp_path / "config.json").read_text())["agent_settings"]
    assert settings["model"] == "some-model"


@pytest.mark.parametrize("bad", [*BAD_REPLIES, "hang"])
def test_resuming_plays_what_had_no_answer_and_nothing_else(server, tmp_path, bad):
    def answer(document):
        if document["seed"] % 2:
            return GOOD
        return server.hang(document) if bad == "hang" else BAD_REPLIES[bad][0]

    server.default = answer
    config = configuration(samples=8)
    options = {"max_retries": 0, "timeout_s": 2.0 if bad == "hang" else 60.0, "concurrency": 8}
    summary = evaluate_into(tmp_path, asking(server, **options), config)
    kind = "timed out" if bad == "hang" else BAD_REPLIES[bad][1]
    failed = [row["index"] for row in read_rows(tmp_path) if row["agent_error"] is not None]
    assert summary.agent_error_kinds == {kind: len(failed)}
    assert 0 < len(failed) < 8
    assert all(r["reward"] == 0.0 for r in read_rows(tmp_path) if r["index"] in failed)
    server.let_go.set()
    server.default = GOOD
    again = []
    summary = evaluate_into(tmp_path, asking(server), config, resume=True, on_rows=again.extend)
    assert [row["index"] for row in again] == failed
    assert (summary.agent_errors, summary.compile_rate.value) == (0, 1.0)


def test_other_sampling_is_another_evaluation(server, tmp_path):
    evaluate_into(tmp_path, asking(server), configuration())
    with pytest.raises(ValueError, match="agent_settings"):
        evaluate_into(tmp_path, asking(server, temperature=1.0), configuration(), resume=True)


def test_an_interrupt_does_not_wait_for_the_server(server):
    main = threading.main_thread().ident
    assert main is not None

    def interrupt(document):
        server.default = server.hang  # once: another would end the tests themselves
        signal.pthread_kill(main, signal.SIGINT)
        return server.hang(document)

    server.default = interrupt
    with pytest.raises(KeyboardInterrupt):
        ask(asking(server, concurrency=1), "a", "b", "c")
    server.let_go.set()
    assert len(server.requests) == 1


# ---------------------------------------------------------------- an endpoint: by its name


def test_an_endpoint_is_made_with_its_options(monkeypatch):
    agent = load_agent("openai:@cf/org/model@http://localhost:1/v1", temperature=0.5, top_p=None)
    assert isinstance(agent, EndpointAgent)
    assert (agent.name, agent.config.model) == ("openai:@cf/org/model", "@cf/org/model")
    assert (agent.config.base_url, agent.config.temperature) == ("http://localhost:1/v1", 0.5)


@pytest.mark.parametrize(
    ("spec", "options", "told"),
    [
        ("openai:some-model", {}, "such as openai:some-model@http://localhost:8000/v1"),
        ("openai:@http://h/v1", {}, "the endpoint's model must be named"),
        ("openai:m@localhost:8000", {}, "the endpoint's address must be one like"),
        ("openai:m@http://h/v1?key=x", {}, "without a user, a query"),
        ("openai:m@http://h/v1", {"tempature": 1}, "no option 'tempature': it takes api_key_env, "),
        ("openai:m@http://h/v1", {"max_tokens": 1.5}, "max_tokens is a whole number, not 1.5"),
        ("openai:m@http://h/v1", {"timeout_s": 0}, "timeout_s must be at least 0.001, not 0"),
        ("openai:m@http://h/v1", {"temperature": "hot"}, "temperature is a number, not 'hot'"),
        ("openai:m@http://h/v1", {"send_seed": 1}, "send_seed cannot be 1"),
        ("process:", {}, "name the agent's program: process:COMMAND"),
        ("process:no-such-program -x", {}, "there is no program 'no-such-program'"),
        ("process:'", {}, "cannot be read: No closing quotation"),
        ("process:sh", {"retries": 1}, "no option 'retries': it takes name, concurrency, "),
        ("process:sh", {"concurrency": 0}, "concurrency is a whole number from 1, not 0"),
        ("process:sh", {"timeout_s": "long"}, "timeout_s is a number above 0, not long"),
        ("hf:", {}, "'hf:NAME' for a model on Hugging Face's hub"),
        ("json:loads", {"mode": 1}, "cannot be made with these options"),
        ("tiny", {"max_new_tokens": "many"}, "'max_new_tokens' of a model cannot be 'many'"),
    ],
)
def test_a_door_that_leads_nowhere_is_one_sentence(spec, options, told):
    with pytest.raises(AgentError, match=re.escape(told)):
        load_agent(spec, **options)


def test_without_httpx_one_sentence_says_how_to_install_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "httpx", None)
    with pytest.raises(AgentError, match=re.escape("pip install 'forgegym[endpoint]'")):
        load_agent("openai:m@http://h/v1")


def run(*arguments) -> tuple[int, str]:
    """The exit code, and what is on standard error."""
    done = CliRunner().invoke(app, [str(a) for a in arguments])
    assert "Traceback" not in done.output
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done.exit_code, done.stderr


def test_the_command_says_how_it_went(server, tmp_path, monkeypatch):
    monkeypatch.setattr(endpoint_module, "FIRST_PAUSE", 0.001)
    common = ("eval", "CompactContract-v0", "--toolchain", "frontend", "--episodes", 4)
    agent = ("--agent", f"openai:some-model@{server.url}", "--set", "max_retries=1")
    out = ("--out", tmp_path / "o")
    server.default = Answer({"error": "no model some-model"}, status=404)
    code, told = run(*common, *agent, *out)
    assert code == 2
    assert told.startswith("error: the address, the model 'some-model' or the account")
    assert "no model some-model" in told
    server.default = Answer("slow down", status=429)
    code, told = run(*common, *agent, *out)
    assert code == 3
    assert "the agent answered none of 4 episodes (rate limited 4): nothing" in told
    assert 'HTTP 429: "slow down" (asked 2 times)' in told
    server.script = [GOOD, GOOD, GOOD]
    code, told = run(*common, *agent, *out, "--resume")
    assert code == 1
    assert "the agent did not answer 1 of 4 episodes (rate limited 1)" in told
    server.default = GOOD
    assert run(*common, *agent, *out, "--resume") == (0, "")


def test_generate_goes_on_where_some_prompts_have_no_answer(server, tmp_path):
    programs = iter(CONTRACT.replace("f(", f"f{n}(") for n in range(100))

    def answer(document):
        if document["seed"] % 3 == 0:
            return Answer("filtered", status=403)
        return Answer(completion(next(programs)))

    server.default = answer
    common = ("generate", "CompactContract-v0", "--toolchain", "frontend", "--num-samples", 6)
    agent = ("--agent", f"openai:some-model@{server.url}", "--set", "concurrency=1")
    assert run(*common, *agent, "--out", tmp_path / "some")[0] == 0
    counts = json.loads((tmp_path / "some" / "summary.json").read_text())["counts"]
    assert counts["kept"] == 6
    assert counts["unanswered"] > 0
    server.default = Answer("filtered", status=403)
    code, told = run(*common, *agent, "--out", tmp_path / "none")
    assert code == 2
    assert "answers nothing any more (refused): HTTP 403" in told


# ---------------------------------------------------------------- a program

# Says what its prompt tells it to.
PROGRAM = """
    import json, os, pathlib, subprocess, sys, time
    with open("starts", "a") as file:
        file.write(f"{os.getpid()}\\n")
    held = []
    for line in sys.stdin:
        request = json.loads(line)
        do, _, rest = request["prompt"].partition(" ")
        answer = {"id": request["id"], "program": f"{rest or do} {request['seed']}"}
        if do == "crash":
            print("Traceback: one", "boom", sep="\\n", file=sys.stderr)
            os._exit(3)
        elif do == "hang":
            child = subprocess.Popen(["sleep", "1000"])
            pathlib.Path("child").write_text(str(child.pid))
            time.sleep(1000)
        elif do == "debug":
            print("now thinking")
        elif do == "blank":
            while True:
                print(flush=True)
                time.sleep(0.02)
        elif do == "flood":
            sys.stderr.write("x" * 5_000_000)
        elif do == "endless":
            while True:
                sys.stdout.write("y" * 65536)
        elif do == "fields":
            answer = {"id": request["id"], **json.loads(rest)}
        elif do == "stranger":
            answer["id"] = 999
        elif do == "hold":
            held.append(answer)
            continue
        print(json.dumps(answer), flush=True)
        while held:
            print(json.dumps(held.pop()), flush=True)
"""


@pytest.fixture
def program(tmp_path, monkeypatch) -> list[str]:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "agent.py").write_text(textwrap.dedent(PROGRAM))
    return [sys.executable, "-S", str(tmp_path / "agent.py")]


@pytest.fixture
def running(program):
    """Agents of this program, closed when the test ends."""
    agents = []

    def make(**options) -> ProcessAgent:
        agents.append(ProcessAgent(program, **options))
        return agents[-1]

    yield make
    for agent in agents:
        agent.close()


def starts(folder: Path) -> list[int]:
    return [int(line) for line in (folder / "starts").read_text().split()]


def lives(pid: int) -> bool:
    """Whether a process goes on running; one that is killed needs a moment to end, and one that
    nobody has waited for has ended."""
    for _ in range(200):
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except (FileNotFoundError, ProcessLookupError):
            return False
        if state == "Z":
            return False
        time.sleep(0.05)
    return True


def test_a_program_gets_prompt_and_seed_and_its_answers_may_come_in_any_order(running):
    found = running(concurrency=4).answers(
        [("hold a",), ("hold b",), ("hold c",), ("go d",)], seeds=[1, 2, 3, 2**31 + 4]
    )
    assert [a.program for a in found] == ["a 1", "b 2", "c 3", "d 4"]


def test_a_program_is_started_when_it_is_needed_and_once(running, tmp_path):
    agent = running()
    assert not (tmp_path / "starts").exists()
    for _ in range(3):
        assert kinds(ask(agent, "a", "b")) == [None, None]
    assert len(starts(tmp_path)) == 1


@pytest.mark.parametrize("concurrency", [1, 4])
def test_a_crash_loses_the_prompt_that_it_was_at(running, tmp_path, concurrency):
    found = ask(running(concurrency=concurrency), "a", "b", "crash", "c", "d", "e")
    assert kinds(found) == [None, None, "crashed", None, None, None]
    assert str(found[2].error) == "the program ended: exit code 3: boom"
    assert [a.program for a in found[3:]] == ["c 3", "d 4", "e 5"]


@pytest.mark.parametrize("concurrency", [1, 3])
def test_silence_ends_the_program_and_all_that_it_started(running, tmp_path, concurrency):
    found = ask(running(concurrency=concurrency, timeout_s=4.0), "a", "hang", "b")
    assert kinds(found) == [None, "timed out", None]
    assert "gave no answer for 4 seconds" in str(found[1].error)
    assert not lives(int((tmp_path / "child").read_text()))
    assert not any(lives(pid) for pid in starts(tmp_path)[:-1])


def test_lines_that_are_no_answers_do_not_keep_a_program_waited_for(running):
    found = ask(running(timeout_s=1.0), "a", "blank", "b")
    assert kinds(found) == [None, "timed out", None]
    assert "gave no answer for 1 seconds" in str(found[1].error)


def test_a_program_that_answers_nothing_is_not_started_for_ever(running, tmp_path):
    found = ask(running(max_restarts=2), *["crash"] * 20)
    assert kinds(found) == ["crashed"] * 20
    assert len(starts(tmp_path)) == 3
    assert "3 times in a row, and it is not run again" in str(found[-1].error)


def test_an_answer_ends_the_row_of_crashes(running, tmp_path):
    found = ask(running(max_restarts=1), *["crash", "a"] * 4)
    assert kinds(found) == ["crashed", None] * 4


@pytest.mark.parametrize("concurrency", [1, 3])
def test_a_line_that_is_no_answer_costs_one_prompt(running, tmp_path, concurrency):
    found = ask(running(concurrency=concurrency), "a", "debug", "b", "c")
    assert kinds(found) == [None, "garbage", None, None]
    assert "wrote what is no answer: now thinking" in str(found[1].error)
    assert [a.program for a in found[2:]] == ["b 2", "c 3"]  # not the late one
    assert len(starts(tmp_path)) == 1


@pytest.mark.parametrize(
    ("prompt", "kind", "told"),
    [
        ("stranger", "garbage", "answered the id 999"),
        ("endless", "garbage", f"a line of more than {MAX_LINE} bytes"),
        ("fields {}", "garbage", "wrote what is no answer"),
        ('fields {"program": 7}', "garbage", "wrote what is no answer"),
        ('fields {"program": "x", "tokens": -1}', "garbage", "wrote what is no answer"),
        ('fields {"id": "1", "program": "x"}', "garbage", "wrote what is no answer"),
        ('fields {"program": " "}', "empty", "an empty program"),
        ('fields {"error": "out of credit"}', "refused", "out of credit"),
    ],
)
def test_an_odd_answer_has_a_kind(running, prompt, kind, told):
    found = ask(running(), prompt, "b")
    assert kinds(found) == [kind, None]
    assert told in str(found[0].error)


def test_tokens_of_a_program_are_counted(running):
    prompt = 'fields {"program": "x", "tokens": 12, "prompt_tokens": 5}'
    agent = running()
    (answer,) = ask(agent, prompt)
    assert (answer.tokens, answer.prompt_tokens) == (12, 5)
    assert agent.generate([prompt], seeds=[0]) == ["x"]
    assert agent.tokens == [12]
    with pytest.raises(AnswerError, match="boom"):
        agent.generate(["crash"], seeds=[0])


def test_much_text_in_every_direction_blocks_nobody(running):
    long = "y" * 900_000
    found = ask(running(concurrency=3), f"a {long}", "flood", f"b {long}")
    assert kinds(found) == [None] * 3
    assert found[2].program == f"{long} 2"


def test_nothing_is_left_when_an_agent_is_closed(running, tmp_path):
    agent = running()
    ask(agent, "a")
    agent.close()
    agent.close()
    assert not lives(starts(tmp_path)[0])
    assert kinds(ask(agent, "a")) == [None]


def test_nothing_is_left_after_an_interrupt(running, tmp_path):
    main = threading.main_thread().ident
    assert main is not None

    def interrupt() -> None:
        while not (tmp_path / "child").exists() or not (tmp_path / "child").read_text():
            pass
        signal.pthread_kill(main, signal.SIGINT)

    waiting = threading.Thread(target=interrupt)
    waiting.start()
    with pytest.raises(KeyboardInterrupt):
        ask(running(), "hang")
    waiting.join()
    assert not lives(starts(tmp_path)[0])
    assert not lives(int((tmp_path / "child").read_text()))


def test_nothing_is_left_of_an_agent_that_nobody_closes(program, tmp_path):
    code = (
        "import sys; from forgegym.agents.process import ProcessAgent; "
        "agent = ProcessAgent(sys.argv[1:]); print(agent.generate(['a'], seeds=[1]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *program], capture_output=True, text=True, check=True
    )
    assert done.stdout == "['a 1']\n"
    assert not lives(starts(tmp_path)[0])


def test_resuming_plays_what_a_program_did_not_answer(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    text = f"""
        import json, os, sys
        print(os.getpid(), file=open("starts", "a"))
        for number, line in enumerate(sys.stdin):
            if number == 2 and not os.path.exists("mended"):
                sys.exit("out of luck")
            answer = {{"id": json.loads(line)["id"], "program": {CONTRACT!r}}}
            print(json.dumps(answer), flush=True)
    """
    Path("agent.py").write_text(textwrap.dedent(text))
    common = ("eval", "CompactContract-v0", "--toolchain", "frontend", "--episodes", 8)
    agent = ("--agent", f"process:{sys.executable} -S agent.py", "--set", "name=mine", "--out", "o")
    code, told = run(*common, *agent)
    assert code == 1
    assert "did not answer 2 of 8 episodes (crashed 2)" in told
    assert "exit code 1: out of luck" in told
    assert not any(lives(pid) for pid in starts(tmp_path))
    Path("mended").touch()
    again = [row["index"] for row in read_rows(Path("o")) if row["agent_error"] is not None]
    assert again == [2, 5]
    assert run(*common, *agent, "--resume") == (0, "")
    rows = [json.loads(line) for line in Path("o/rows.jsonl").read_text().splitlines()]
    assert [row["index"] for row in rows[8:]] == again
    assert summarise(read_rows(Path("o"))).compile_rate.value == 1.0
    assert json.loads(Path("o/config.json").read_text())["agent"] == "mine"


# ---------------------------------------------------------------- an object


def test_an_object_says_the_kind_of_its_error_itself():
    class Moody:
        name = "moody"

        def generate(self, prompts, *, seeds):
            if any(seed % 2 for seed in seeds):
                raise AnswerError(ErrorKind.RATE_LIMITED, "come back later")
            return [CONTRACT for _ in prompts]

    rows = evaluate(Moody(), configuration(samples=8))
    found = summarise(rows).agent_error_kinds
    assert list(found) == ["rate limited"]
    assert 0 < found["rate limited"] < 8


def test_an_object_that_answers_too_few_prompts_writes_garbage():
    class Short:
        name = "short"

        def generate(self, prompts, *, seeds):
            return []

    rows = evaluate(Short(), configuration(samples=2))
    told = {"kind": "garbage", "message": "0 programs for 1 prompts"}
    assert [row["agent_error"] for row in rows] == [told] * 2


# ---------------------------------------------------------------- as they come


def slow_about(server: Server, told: str):
    """A server that answers nothing about one prompt before `let_go`."""

    def answer(document) -> Answer:
        first = document["messages"][0]["content"]
        return server.hang(document) if told in first else server.usual

    return answer


def test_one_answer_that_is_slow_holds_up_no_row_of_another(server, tmp_path):
    slow = prompt_of(0)
    server.default = slow_about(server, slow)
    seen: list[int] = []

    def on_rows(rows):
        seen.extend(row["index"] for row in rows)
        # All others are written, and can be read, while the first has no answer yet.
        if len(seen) == 9:
            kept = read_rows(tmp_path)
            assert [row["index"] for row in kept] == list(range(1, 10))
            server.let_go.set()

    agent = asking(server, concurrency=2)
    evaluate_into(tmp_path, agent, configuration(10), on_rows=on_rows)
    assert sorted(seen) == list(range(10))
    assert seen[-1] == 0
    assert [row["index"] for row in read_rows(tmp_path)] == list(range(10))


def prompt_of(index: int) -> str:
    """What only this one of the first frozen tasks says."""
    tasks = frozen_tasks(configuration())
    (found,) = {tasks[index].prompt} - {t.prompt for t in tasks[:10] if t is not tasks[index]}
    return found


def test_what_was_answered_before_a_kill_is_not_asked_for_again(server, tmp_path):
    server.default = slow_about(server, prompt_of(1))

    def cut(rows):
        if len(read_rows(tmp_path)) == 5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        evaluate_into(tmp_path, asking(server, concurrency=2), configuration(8), on_rows=cut)
    there = [row["index"] for row in read_rows(tmp_path)]
    assert there == [0, 2, 3, 4, 5]
    server.let_go.set()
    evaluate_into(tmp_path, asking(server, concurrency=2), configuration(8), resume=True)
    assert [row["index"] for row in read_rows(tmp_path)] == list(range(8))
    asked = [request["messages"][0]["content"] for request in server.requests]
    assert [asked.count(prompt_of(index)) for index in there] == [1] * 5


@pytest.mark.parametrize("concurrency", [1, 3, 16])
def test_no_more_is_asked_at_a_time_than_was_allowed(server, tmp_path, concurrency):
    under_way, most, lock, reached = 0, 0, threading.Lock(), threading.Event()

    def answer(document) -> Answer:
        nonlocal under_way, most
        with lock:
            under_way += 1
            most = max(most, under_way)
            if most == min(concurrency, 12):
                reached.set()
        reached.wait(10)
        with lock:
            under_way -= 1
        return server.usual

    server.default = answer
    rows = evaluate(asking(server, concurrency=concurrency), configuration(12, turns=2))
    assert [row["index"] for row in rows] == list(range(12))
    assert [row["turns"] for row in rows] == [2] * 12
    assert most == min(concurrency, 12)


def test_a_budget_is_kept_by_agents_that_are_asked_side_by_side(server):
    config = configuration(20, turns=3, budget=11)
    rows = evaluate(asking(server, concurrency=8), config)
    # No program is good enough to end an episode before its turns: three fit, and two are left.
    assert [(row["index"], row["turns"]) for row in rows] == [(0, 3), (1, 3), (2, 3)]


def test_an_agent_that_breaks_while_it_is_asked_loses_what_it_was_at():
    class Breaking(StreamingAgent):
        name, concurrency = "breaking", 3

        def __init__(self):
            self.asked, self.forgotten = [], 0

        def ask(self, key, conversation, *, seed):
            if key == 1:
                raise RuntimeError("not this one")
            self.asked.append(key)

        def answered(self):
            if self.forgotten:
                return [(key, outside.Answer(CONTRACT)) for key in (99, self.asked.pop())]
            raise ValueError("all lost")

        def forget(self):
            self.forgotten += 1
            self.asked.clear()

        def close(self): ...

    rows = evaluate(Breaking(), configuration(6))
    told = [(row["agent_error"] or {}).get("message") for row in rows]
    lost = "ValueError: all lost"
    assert told == [lost, "RuntimeError: not this one", lost, lost, None, None]
