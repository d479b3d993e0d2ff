"""Agents by name: what there is, what comes from outside, and what is refused."""

import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from forgegym.agents.agent import BUILT_IN, Agent, AgentError, load_agent
from forgegym.agents.random import RandomTextAgent
from forgegym.agents.template import TemplateAgent, TemplateError
from forgegym.verifiers.compact.toolchain import CompactVerifier
from forgegym.verifiers.task import Task

OUTSIDE = """
    class Parrot:
        name = "parrot"

        def __init__(self, times=1):
            self.times = times

        def generate(self, prompts, *, seeds):
            return [p * self.times for p in prompts]

    def nothing():
        return None
"""


@pytest.fixture
def outside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The name of an importable module with agents of somebody else."""
    (tmp_path / "parrots.py").write_text(textwrap.dedent(OUTSIDE), encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "parrots", raising=False)
    return "parrots"


def test_the_template_agent_is_found_by_name_with_its_options() -> None:
    agent = load_agent("template", min_complexity=3, max_complexity=None)
    assert isinstance(agent, TemplateAgent)
    assert isinstance(agent, Agent)


def test_the_random_agent_writes_what_no_compiler_accepts() -> None:
    agent = load_agent("random")
    texts = agent.generate([""] * 100, seeds=range(100))
    assert len(set(texts)) == 100
    task = Task(id="any", family="any", language="compact", prompt="")
    verifier = CompactVerifier("frontend")
    assert not any(v.accepted for v in verifier.verify_all([(task, text) for text in texts]))


def test_the_random_agents_text_follows_from_its_seed() -> None:
    agent = RandomTextAgent()
    assert agent.generate(["a", "b"], seeds=[1, 2]) == agent.generate(["c", "d"], seeds=[1, 2])


@pytest.mark.parametrize("agent", [TemplateAgent(), RandomTextAgent()], ids=lambda a: a.name)
def test_an_agent_wants_one_seed_a_prompt(agent: Agent) -> None:
    with pytest.raises(ValueError, match="zip"):
        agent.generate(["", ""], seeds=[1])


def test_an_agent_from_outside_is_made_with_its_options(outside: str) -> None:
    agent = load_agent(f"{outside}:Parrot", times=2)
    assert agent.generate(["ha"], seeds=[0]) == ["haha"]


def test_what_is_no_agent_is_refused_by_its_type(outside: str) -> None:
    with pytest.raises(AgentError, match="returned a NoneType"):
        load_agent(f"{outside}:nothing")


def test_an_unknown_agent_is_refused_with_the_list_of_those_there_are() -> None:
    with pytest.raises(AgentError) as refusal:
        load_agent("tempalte")
    for name in BUILT_IN:
        assert repr(name) in str(refusal.value)


@pytest.mark.parametrize(
    ("spec", "reason"),
    [
        ("no_such_module:make", "there is no module 'no_such_module'"),
        ("json:make", "no callable 'make'"),
        ("json:__doc__", "no callable '__doc__'"),
        (":make", "not a module's name"),
        (".here:make", "not a module's name"),
    ],
)
def test_an_agent_that_cannot_be_imported_is_refused(spec: str, reason: str) -> None:
    with pytest.raises(AgentError, match=reason):
        load_agent(spec)


def test_a_folder_without_a_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(AgentError, match="holds no model"):
        load_agent(str(tmp_path))


def test_a_file_is_not_a_model(tmp_path: Path) -> None:
    path = tmp_path / "model.bin"
    path.write_bytes(b"")
    with pytest.raises(AgentError, match="a file, not a folder"):
        load_agent(str(path))


def test_an_option_that_an_agent_does_not_have_is_refused() -> None:
    with pytest.raises(AgentError, match="no option 'temperature'"):
        load_agent("template", temperature=1.0)
    with pytest.raises(AgentError, match="takes no options"):
        load_agent("random", min_complexity=2)


def test_a_wish_that_the_template_cannot_grant_is_refused_at_once() -> None:
    with pytest.raises(TemplateError, match="complexity 1 to"):
        load_agent("template", min_complexity=1000)


def test_agents_without_a_model_do_not_import_torch() -> None:
    code = (
        "import sys; from forgegym.agents.agent import load_agent; "
        "load_agent('template').generate([''], seeds=[0]); load_agent('random'); "
        "sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
