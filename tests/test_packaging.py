"""The wheel, an editable install and the type checker all see one tree, and only `forgegym`."""

import importlib.metadata
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import forgegym

ROOT = Path(forgegym.__file__).resolve().parent
PACKAGE_FOLDERS = ("adapters", "agents", "benchmarks", "cli", "envs", "verifiers")

pytestmark = pytest.mark.skipif(
    not (ROOT / "pyproject.toml").exists(), reason="forgegym is installed without its sources"
)


def sources() -> set[str]:
    """What an installed forgegym must hold: the modules and data files of the packages."""
    top = {p.name for p in ROOT.glob("*.py") if p.name != "setup.py"} | {"py.typed"}
    below = {
        path.relative_to(ROOT).as_posix()
        for folder in PACKAGE_FOLDERS
        for path in (ROOT / folder).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts and path.suffix != ".md"
    }
    return top | below


def run(*command: str | Path, cwd: Path) -> str:
    """Standard output of a command that must succeed, with this checkout off its path."""
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    done = subprocess.run(
        [str(c) for c in command], cwd=cwd, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sources alone, in a folder whose name is no identifier, as a fresh clone may have."""
    root = tmp_path_factory.mktemp("a-fresh clone")
    for name in [*sources(), "pyproject.toml", "setup.py", "README.md", "LICENSE"]:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes((ROOT / name).read_bytes())
    return root


def build(hook: str, source: Path, into: Path) -> Path:
    """The wheel a build hook makes with the setuptools at hand, so that it needs no network."""
    version = importlib.metadata.version("setuptools")
    if int(version.split(".")[0]) < 77:
        pytest.skip(f"building needs setuptools >= 77, this environment has {version}")
    into.mkdir(parents=True)
    program = f"import setuptools.build_meta as b; b.{hook}({str(into)!r})"
    run(sys.executable, "-c", program, cwd=source)
    (wheel,) = into.glob("*.whl")
    return wheel


@pytest.fixture(scope="module")
def wheel(copy: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build("build_wheel", copy, tmp_path_factory.mktemp("wheel") / "out")


def test_the_wheel_holds_the_package_and_nothing_else(wheel):
    names = [n for n in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in n]
    assert {n.split("/")[0] for n in names} == {"forgegym"}
    assert {n.removeprefix("forgegym/") for n in names} == sources()


def test_the_wheel_imports_from_a_bare_site_packages_without_torch(wheel, tmp_path):
    site = tmp_path / "site"
    zipfile.ZipFile(wheel).extractall(site)
    program = (
        "import sys; sys.path.insert(0, sys.argv[1]); sys.modules['torch'] = None\n"
        "import gymnasium, forgegym; print(forgegym.__file__)\n"
        "env = gymnasium.make('forgegym:CompactContract-v0', toolchain='frontend')\n"
        "prompt, _ = env.reset(seed=1); print(len(prompt) > 0)"
    )
    out = run(sys.executable, "-c", program, site, cwd=tmp_path).split()
    assert Path(out[0]) == site / "forgegym" / "__init__.py"
    assert out[1] == "True"


def test_an_editable_install_is_a_plain_path_entry_that_shows_new_files(copy, tmp_path):
    wheel = build("build_editable", copy, tmp_path / "out")
    site = tmp_path / "site"
    zipfile.ZipFile(wheel).extractall(site)
    (entry,) = site.glob("*.pth")
    assert not list(site.glob("*.py")), "an import hook: type checkers cannot follow it"
    tree = Path(entry.read_text().strip())
    assert [p.name for p in tree.iterdir() if p.suffix != ".egg-info"] == ["forgegym"]
    (copy / "verifiers" / "appeared_later.py").write_text("here = True\n")
    program = "import forgegym.verifiers.appeared_later as m; print(m.here)"
    environment = {**os.environ, "PYTHONPATH": str(tree)}
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, env=environment, capture_output=True
    )
    assert done.stdout.strip() == b"True", done.stderr.decode()
    (copy / "verifiers" / "appeared_later.py").unlink()


def test_every_package_folder_is_listed_for_the_wheel():
    listed = set(
        re.findall(r'^ +"(forgegym(?:\.\w+)*)",?$', (ROOT / "pyproject.toml").read_text(), re.M)
    )
    found = {
        ".".join(["forgegym", *path.parent.relative_to(ROOT).parts])
        for folder in PACKAGE_FOLDERS
        for path in (ROOT / folder).rglob("__init__.py")
    }
    assert listed == found | {"forgegym"}


def test_the_versions_in_the_package_and_its_metadata_are_one():
    declared = re.search(r'^version = "(.+)"$', (ROOT / "pyproject.toml").read_text(), re.M)
    assert declared is not None
    assert forgegym.__version__ == declared[1]


def test_importing_and_making_an_environment_leaves_the_heavy_extras_alone():
    program = (
        "import sys, gymnasium, forgegym, forgegym.cli\n"
        "gymnasium.make('forgegym:CompactContract-v0', toolchain='frontend').reset(seed=0)\n"
        "heavy = {'torch', 'transformers', 'peft', 'matplotlib', 'httpx'} & set(sys.modules)\n"
        "assert not heavy, heavy"
    )
    run(sys.executable, "-c", program, cwd=Path("/"))


def test_imports_run_one_way():
    """`verifiers` import nothing of ours; `envs` only verifiers; `agents` only envs' interface."""
    allowed = {"verifiers": {"verifiers"}, "envs": {"envs", "verifiers"}}
    for folder, reach in allowed.items():
        for path in (ROOT / folder).rglob("*.py"):
            depth = len(path.relative_to(ROOT).parts)  # dots that lead to the root
            for dots, module in re.findall(
                r"^\s*from (\.+)(\w*)", path.read_text(encoding="utf-8"), re.M
            ):
                if len(dots) == depth and module in PACKAGE_FOLDERS:
                    assert module in reach, f"{path} imports {module}"


def test_the_readme_shows_what_its_first_example_prints():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    program, shown = re.findall(r"```(?:python|text)\n(.*?)```", readme, re.S)[:2]
    assert run(sys.executable, "-c", program, cwd=Path("/")).strip() == shown.strip()


@pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")
def test_make_says_the_one_command_where_python_has_no_venv(copy, tmp_path):
    (copy / "Makefile").write_bytes((ROOT / "Makefile").read_bytes())
    (copy / "constraints.txt").write_bytes((ROOT / "constraints.txt").read_bytes())
    (tmp_path / "ensurepip.py").write_text("raise ImportError('as on a Debian without it')\n")
    done = subprocess.run(
        ["make", "install", f"PYTHON=env PYTHONPATH={tmp_path} {sys.executable}"],
        cwd=copy,
        capture_output=True,
        text=True,
    )
    assert done.returncode != 0
    assert "sudo apt install python3-venv" in done.stderr
    assert not (copy / ".venv").exists()
