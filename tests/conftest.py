"""What tests need that a machine may lack: skipped with the reason, or failed where required.

FORGEGYM_REQUIRE lists, separated by commas, what must be there (``docker,bubblewrap,shared_data,
compactc,chromium,sb3,duel,docs,root,gpu`` or ``all``): a test that needs one of these and does not
find it fails instead of being skipped. ``harbor`` adds the tests that build the images of exported
tasks, for minutes and from the network.
"""

import os

# Workers side by side (`make test`) share the processors; torch would take all of them for each.
if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ.setdefault("OMP_NUM_THREADS", "1")

import importlib.util
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path

import pytest

import forgegym
from forgegym.verifiers.compact.compiler import find_compactc
from forgegym.verifiers.rust.compiler import find_rustc
from forgegym.verifiers.sandbox import images, probe
from forgegym.verifiers.sandbox.base import SandboxUnavailableError
from forgegym.verifiers.verilog.tools import find_tools

# Whoever starts the tests in the background has them ignore Ctrl-C, and all that they start, too.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

REQUIRED = frozenset(filter(None, os.environ.get("FORGEGYM_REQUIRE", "").split(",")))
ROOT = Path(forgegym.__file__).resolve().parent


def missing(resource: str, reason: str) -> None:
    """Skip this test because the machine lacks `resource`; fail it where that is required."""
    if REQUIRED & {resource, "all"}:
        pytest.fail(f"FORGEGYM_REQUIRE demands {resource}: {reason}", pytrace=False)
    pytest.skip(reason, allow_module_level=True)


def need_module(name: str, extra: str) -> None:
    """Skip this test, or the whole file, where a module of an optional extra is not installed; fail
    where the extra is required."""
    if importlib.util.find_spec(name) is None:
        missing(extra, f"{name} is not installed")


@lru_cache
def shared_data_folder() -> Path | None:
    """The fact files: FORGEGYM_SHARED_DATA, or ``../shared/data`` beside the repository."""
    folder = Path(os.environ.get("FORGEGYM_SHARED_DATA", ROOT.parent / "shared" / "data"))
    return folder if folder.is_dir() else None


def _need_shared_data() -> None:
    if shared_data_folder() is None:
        missing("shared_data", "no fact files: set FORGEGYM_SHARED_DATA to their folder")


def _need_compactc() -> None:
    if find_compactc() is None:
        missing("compactc", "no Compact compiler: set FORGEGYM_COMPACTC or put it on PATH")


@lru_cache
def sandbox_complaint(name: str) -> str | None:
    """Why there is no sandbox of this kind here; None where it holds what it promises."""
    try:
        probe.require(name, image=images.tag("python") if name == "docker" else None)
    except SandboxUnavailableError as error:
        return str(error)
    return None


def _need_docker() -> None:
    complaint = sandbox_complaint("docker")
    if complaint is not None:
        missing("docker", complaint)


def _need_bubblewrap() -> None:
    complaint = sandbox_complaint("bubblewrap")
    if complaint is not None:
        missing("bubblewrap", complaint)


def need_tools(sandbox: str, language: str) -> None:
    """In bubblewrap's boxes are this machine's compilers: are there any, for whom they can see?"""
    if sandbox != "bubblewrap":
        return
    if language == "verilog" and find_tools() is None:
        missing("verilog", "iverilog, yosys and verilator are not all on this machine")
    if language == "rust":
        rustc = find_rustc()
        if rustc is None:
            missing("rust", "there is no rustc on this machine")
        elif not all(_seen_by_all(folder) for folder in rustc.folders):
            missing("rust", f"{rustc.path} lies where only its owner can see it")


def _seen_by_all(folder: Path) -> bool:
    return all(part.stat().st_mode & 0o005 == 0o005 for part in (folder, *folder.parents))


def find_chromium() -> str | None:
    """The path of a Chromium or Chrome."""
    return next(
        filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
    )


def _need_chromium() -> None:
    if find_chromium() is None:
        missing("chromium", "there is no chromium on PATH")
    if importlib.util.find_spec("playwright") is None:
        missing("chromium", "playwright, which drives it, is not installed")


def _need_gpu() -> None:
    import torch

    if not torch.cuda.is_available():
        missing("gpu", "no CUDA device")


NEEDS: dict[str, Callable[[], None]] = {
    "shared_data": _need_shared_data,
    "compactc": _need_compactc,
    "docker": _need_docker,
    "bubblewrap": _need_bubblewrap,
    "chromium": _need_chromium,
    "gpu": _need_gpu,
}


def pytest_runtest_setup(item: pytest.Item) -> None:
    """A marker that names a resource is the need for it."""
    for name, need in NEEDS.items():
        if item.get_closest_marker(name) is not None:
            need()


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of fact files; the test is skipped without it."""
    folder = shared_data_folder()
    if folder is None:
        missing("shared_data", "no fact files: set FORGEGYM_SHARED_DATA to their folder")
    assert folder is not None
    return folder


@pytest.fixture(scope="session")
def small_base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a base policy for the trainers' tests, made once: it takes ten seconds."""
    from training import make_small_base

    return make_small_base(tmp_path_factory.mktemp("small") / "base")


@pytest.fixture
def full_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 64 kB, which the test fills; mounting one takes root."""
    folder = tmp_path / "small-disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(folder)]
    try:
        done = subprocess.run(mount, capture_output=True, text=True, check=False)
        complaint = done.stderr.strip() if done.returncode else None
    except FileNotFoundError:
        complaint = "there is no mount command"
    if complaint is not None:
        missing("root", f"a small disk cannot be mounted: {complaint}")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)
