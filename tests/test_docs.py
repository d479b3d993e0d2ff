"""The documentation: examples run, commands exist, the site is built without a warning."""

import doctest
import importlib
import pkgutil
import re
import shlex
import subprocess
import sys

import click
import pytest
import typer
from conftest import ROOT, need_module

import forgegym
from forgegym.cli import app

DOCS = ROOT / "docs"
PAGES = sorted(path.name for path in DOCS.glob("*.md"))

pytestmark = pytest.mark.skipif(not PAGES, reason="forgegym is installed without its docs")


def documented_modules() -> list[str]:
    """Modules whose docstrings have examples; found by reading, so that nothing is imported."""
    found = []
    for module in pkgutil.walk_packages(forgegym.__path__, "forgegym."):
        parts = module.name.split(".")[1:]
        path = ROOT.joinpath(*parts, "__init__.py") if module.ispkg else ROOT.joinpath(*parts)
        path = path if module.ispkg else path.with_suffix(".py")
        own = parts[0] in ("adapters", "agents", "benchmarks", "cli", "envs", "verifiers")
        # Hostile programs are examples of another kind.
        if own and "entries" not in parts and ">>> " in path.read_text(encoding="utf-8"):
            found.append(module.name)
    return found


def test_examples_in_docstrings_do_what_they_show():
    tried = 0
    for name in ["forgegym", *documented_modules()]:
        result = doctest.testmod(importlib.import_module(name))
        assert result.failed == 0, name
        tried += result.attempted
    assert tried >= 19


@pytest.mark.parametrize("page", ["index.md", "environments.md"])
def test_what_a_page_shows_of_python_runs(page):
    text = (DOCS / page).read_text(encoding="utf-8")
    examples = re.findall(r"```python\n(.*?)```", text, re.S)
    # Those of languages with a sandbox, or of a judge, have tests of their own.
    alone = [e for e in examples if 'toolchain="frontend"' in e]
    assert alone
    for example in alone:
        exec(compile(example, page, "exec"), {})


def commands() -> dict[str, click.Command]:
    """``"train grpo"`` -> its command."""
    found = {}

    def walk(command, path):
        found[" ".join(path)] = command
        for name, sub in getattr(command, "commands", {}).items():
            walk(sub, (*path, name))

    walk(typer.main.get_command(app), ())
    return found


@pytest.mark.parametrize("page", [*PAGES, "../README.md"])
def test_every_command_that_is_shown_exists_with_its_options(page):
    text = (DOCS / page).read_text(encoding="utf-8").replace("\\\n", " ")
    known = commands()
    shown = re.findall(r"(?:^\$ |^    |`|; )(forgegym [a-z].*?)(?:`|  +#|$)", text, re.M)
    for line in shown:
        words = shlex.split(line.partition(" > ")[0])[1:]
        name = max((" ".join(words[:n]) for n in range(3) if " ".join(words[:n]) in known), key=len)
        assert name, f"{page}: {line}"
        # `train ALGORITHM` and the like are short for all of a group's.
        meant = [c for n, c in known.items() if n == name or n.startswith(f"{name} ")]
        options = {o for c in meant for p in c.params for o in (*p.opts, *p.secondary_opts)}
        for word in words:
            if word.startswith("--") and len(word) > 2:
                assert word.partition("=")[0] in {*options, "--help", "--version"}, (page, line)


def test_the_site_is_built_without_a_warning_and_asks_nobody_for_anything(tmp_path):
    need_module("mkdocs", "docs")
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(tmp_path / "site")],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    written = {path.name for path in (tmp_path / "site").glob("*.html")}
    assert {page.replace(".md", ".html") for page in PAGES} <= written
    loaded = r'<(?:script|link|img|iframe)\b[^>]*\b(?:src|href)="(https?:[^"]*)"'
    for path in (tmp_path / "site").glob("*.html"):
        text = path.read_text(encoding="utf-8")
        assert not re.findall(loaded, text), path.name
    reference = (tmp_path / "site" / "cli.html").read_text(encoding="utf-8")
    assert "forgegym leaderboard verify" in reference
    assert "GRPOConfig" in (tmp_path / "site" / "api.html").read_text(encoding="utf-8")
