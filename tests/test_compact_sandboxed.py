"""compactc in real sandboxes: what a compiler that has been taken over can reach, and cannot.

A script stands for the compiler, so that these run where there is none; what is tested is the box.
"""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import gymnasium
import pytest

from forgegym import Task
from forgegym.verifiers.compact import compiler
from forgegym.verifiers.compact.toolchain import CompactVerifier
from forgegym.verifiers.sandbox import images
from forgegym.verifiers.sandbox.base import SandboxUnavailableError
from forgegym.verifiers.sandbox.bubblewrap import open_bubblewrap
from forgegym.verifiers.sandbox.docker import connect
from forgegym.verifiers.verdict import FailureKind

TASK = Task(id="t", family="f", language="compact", prompt="p")
GOOD = "export ledger round: Counter;\n"
SCRIPT = """#!/bin/sh
case "$1" in
  --version) echo 0.31.1; exit 0;;
  --language-version) echo 0.23.0; exit 0;;
esac
"""


@pytest.fixture
def public_folder() -> Iterator[Path]:
    """A folder that any user of this machine can read, as a toolchain's is."""
    folder = Path(tempfile.mkdtemp(prefix="forgegym-test-", dir="/var/tmp"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def scripted(
    monkeypatch: pytest.MonkeyPatch, public_folder: Path
) -> Iterator[Callable[..., CompactVerifier]]:
    """A verifier over a compiler that is a script, in bubblewrap's boxes."""
    made = []

    def make(body: str, **options: object) -> CompactVerifier:
        path = public_folder / "bin" / "compactc"
        path.parent.mkdir()
        subprocess.run(
            ["tee", path], input=(SCRIPT + body).encode(), stdout=subprocess.DEVNULL, check=True
        )
        path.chmod(0o755)
        monkeypatch.setenv("FORGEGYM_COMPACTC", str(path))
        made.append(CompactVerifier("compactc", sandbox="bubblewrap", workers=2, **options))
        return made[-1]

    yield make
    for verifier in made:
        verifier.close()


@pytest.mark.bubblewrap
def test_the_compiler_runs_in_the_box_and_its_verdict_comes_out(
    scripted: Callable[..., CompactVerifier],
) -> None:
    verifier = scripted(
        "grep -q wrong contract.compact || exit 0\n"
        "echo 'Exception: contract.compact line 2 char 5: no' >&2; exit 255\n"
    )
    assert verifier.sandbox == "bubblewrap"
    right, wrong = verifier.verify_all([(TASK, GOOD), (TASK, GOOD + "// wrong\n")])
    assert right.accepted
    assert (wrong.diagnostics[0].line, wrong.diagnostics[0].message) == (2, "no")


@pytest.mark.bubblewrap
def test_a_compiler_that_is_taken_over_reaches_nothing_of_the_host(
    scripted: Callable[..., CompactVerifier], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = tmp_path / "secret"
    secret.write_text("hidden")
    monkeypatch.setenv("A_TOKEN", "hidden")
    verifier = scripted(
        f"cat {secret} >&2; env >&2; cat /root/.bashrc /etc/shadow >&2; touch {tmp_path}/made\n"
        "echo 'Exception: contract.compact line 1 char 1: seen' >&2; exit 255\n"
    )
    verdict = verifier.verify(TASK, GOOD)
    assert verdict.valid
    assert "hidden" not in str(verdict.to_json())
    assert os.listdir(tmp_path) == ["secret"]


@pytest.mark.bubblewrap
def test_a_compiler_that_is_gone_is_the_machines_failure(
    scripted: Callable[..., CompactVerifier], public_folder: Path
) -> None:
    verifier = scripted("exit 0\n")
    (public_folder / "bin" / "compactc").unlink()
    verdict = verifier.verify(TASK, GOOD)
    assert verdict.failure is not None
    assert verdict.failure.kind is FailureKind.TOOLCHAIN_MISSING


@pytest.mark.bubblewrap
def test_the_environment_says_what_the_program_ran_in(
    scripted: Callable[..., CompactVerifier],
) -> None:
    verifier = scripted("exit 0\n")
    env = gymnasium.make("forgegym:CompactContract-v0", verifier=verifier)
    env.reset(seed=0)
    info = env.step(GOOD)[-1]
    assert info["sandbox"] == "bubblewrap"
    assert info["valid"]


@pytest.mark.bubblewrap
def test_a_vector_environment_is_one_pool(
    monkeypatch: pytest.MonkeyPatch, scripted: Callable[..., CompactVerifier]
) -> None:
    scripted("sleep 0.1; exit 0\n")
    envs = gymnasium.make_vec(
        "forgegym:CompactContract-v0", num_envs=4, toolchain="compactc", sandbox="bubblewrap"
    )
    envs.reset(seed=0)
    infos = envs.step(tuple(f"{GOOD}// {i}\n" for i in range(4)))[-1]
    envs.close()
    assert list(infos["sandbox"]) == ["bubblewrap"] * 4
    assert all(infos["valid"])


def test_a_compiler_without_a_sandbox_is_refused_and_never_run_bare(
    monkeypatch: pytest.MonkeyPatch, public_folder: Path
) -> None:
    path = public_folder / "compactc"
    path.write_text(SCRIPT + "exit 0\n")
    path.chmod(0o755)
    monkeypatch.setenv("FORGEGYM_COMPACTC", str(path))

    def unavailable(*_: object, **__: object) -> None:
        raise SandboxUnavailableError("there is none")

    monkeypatch.setattr(compiler, "open_sandbox", unavailable)
    with pytest.raises(SandboxUnavailableError):
        CompactVerifier("auto", sandbox="bubblewrap")


@pytest.mark.bubblewrap
@pytest.mark.parametrize("folder", ["/tmp/tools", "/work", "/dev/shm/x"])
def test_a_toolchain_where_a_box_has_its_own_places_is_refused(folder: str) -> None:
    with pytest.raises(SandboxUnavailableError, match=f"{folder} cannot be seen"):
        open_bubblewrap(toolchains=[Path(folder)])


def test_an_unknown_sandbox_is_refused() -> None:
    with pytest.raises(ValueError, match="'chroot'; there are: auto, docker, bubblewrap, unsafe"):
        CompactVerifier("frontend", sandbox="chroot")


@pytest.mark.docker
@pytest.mark.compactc
def test_the_image_names_its_compiler_and_its_digest() -> None:
    image = images.find(connect(), "compact")
    if not (image.current and image.with_release):
        pytest.skip("no current image for compact with a release: `forgegym images build compact`")
    verifier = CompactVerifier("compactc", sandbox="docker")
    verdict = verifier.verify(TASK, "import CompactStandardLibrary;\n" + GOOD)
    verifier.close()
    assert verdict.accepted
    assert verdict.toolchain.name == "compactc"
    assert str(verdict.toolchain.image_digest).startswith("sha256:")
