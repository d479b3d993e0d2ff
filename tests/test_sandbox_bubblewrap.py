"""What a box of bubblewrap's is made of: which of this machine's folders it sees, and which not."""

import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from forgegym.benchmarks.attacks.catalogue import SMALL, Bait, load, run_entry
from forgegym.benchmarks.attacks.run import ENTRY_SECONDS
from forgegym.verifiers.sandbox import bubblewrap
from forgegym.verifiers.sandbox.base import Job, Profile, Status, Step
from forgegym.verifiers.sandbox.bubblewrap import (
    FIRST_USER,
    OWN,
    USERS,
    arguments,
    new_user,
    open_bubblewrap,
    own_folders,
)


def install(packages: Path, *, source: Path | None = None) -> tuple[Path, Path]:
    """What pip leaves in `packages`: the package's folder and that of its metadata."""
    package, metadata = packages / "forgegym", packages / "forgegym-0.1.0.dist-info"
    package.mkdir(parents=True)
    metadata.mkdir()
    if source is not None:
        origin = {"url": source.as_uri(), "dir_info": {"editable": True}}
        (metadata / "direct_url.json").write_text(json.dumps(origin))
    return package, metadata


# ------------------------------------------------------------ what is ours


@pytest.mark.parametrize(
    "packages",
    [
        "lib/python3.11/site-packages", "lib64/python3.13/site-packages",
        "local/lib/python3.12/dist-packages", "lib/python3/dist-packages",
        "conda/lib/python3.10/site-packages",
    ],
)  # fmt: skip
def test_an_installed_package_is_found_with_its_metadata(tmp_path: Path, packages: str) -> None:
    found = install(tmp_path / packages)
    (tmp_path / packages / "forgegym_other").mkdir()
    assert own_folders([tmp_path]) == found


def test_the_sources_of_an_installation_are_found_where_a_box_would_see_them(
    tmp_path: Path,
) -> None:
    bound, source = tmp_path / "usr", tmp_path / "usr/src/forge gym"
    source.mkdir(parents=True)
    found = install(bound / "lib/python3.11/site-packages", source=source)
    assert own_folders([bound]) == (*found, source)
    elsewhere = tmp_path / "home"
    elsewhere.mkdir()
    (found[1] / "direct_url.json").write_text(json.dumps({"url": elsewhere.as_uri()}))
    assert own_folders([bound]) == found


@pytest.mark.parametrize(
    "origin", [b"", b"[]", b"{}", b"nonsense", b'{"url": 3}', b'{"url": "https://example.org/usr"}']
)
def test_sources_that_are_not_known_are_nobodys(tmp_path: Path, origin: bytes) -> None:
    found = install(tmp_path / "lib/python3.11/site-packages")
    (found[1] / "direct_url.json").write_bytes(origin)
    assert own_folders([tmp_path]) == found


def test_a_link_to_the_package_is_followed(tmp_path: Path) -> None:
    packages, package = tmp_path / "lib/python3.11/site-packages", tmp_path / "src/forgegym"
    for folder in (packages, package):
        folder.mkdir(parents=True)
    (packages / "forgegym").symlink_to(package)
    assert own_folders([tmp_path]) == (package,)


def test_the_package_that_runs_is_found_wherever_it_lies() -> None:
    assert Path(bubblewrap.__file__).resolve().parents[2] == OWN
    assert OWN in own_folders([OWN.parent])
    assert own_folders([OWN]) == (OWN,)
    assert own_folders([OWN / "tests"]) == ()


# ------------------------------------------------------------ what is in a box's place


def mounted(toolchains: list[str], hidden: list[str]) -> list[tuple[str, str]]:
    """The (operation, place) of what lies below /opt, in bubblewrap's order."""
    words = arguments(
        Profile(), interpreter="python3", toolchains=list(map(Path, toolchains)), path=(),
        group=None, files=[], hidden=list(map(Path, hidden)),
    )  # fmt: skip
    taken = {"--ro-bind": 2, "--tmpfs": 1, "--remount-ro": 1}
    found = [(words[i], words[i + taken[words[i]]]) for i in range(len(words)) if words[i] in taken]
    return [(operation, place) for operation, place in found if place.startswith(("/opt", "/usr/"))]


def test_what_is_hidden_lies_over_what_is_bound_and_cannot_be_written() -> None:
    assert mounted(["/opt/tools"], ["/opt/tools/forgegym", "/usr/lib/forgegym"]) == [
        ("--ro-bind", "/opt/tools"),
        ("--tmpfs", "/opt/tools/forgegym"),
        ("--tmpfs", "/usr/lib/forgegym"),
        ("--remount-ro", "/opt/tools/forgegym"),
        ("--remount-ro", "/usr/lib/forgegym"),
    ]


@pytest.mark.parametrize("place", ["/opt/src", "/usr/src/forgegym"])
def test_a_toolchain_in_our_sources_is_seen_and_they_are_not(place: str) -> None:
    assert mounted([f"{place}/rust", "/usr/lib/rust"], [place]) == [
        ("--tmpfs", place),
        ("--ro-bind", f"{place}/rust"),
        ("--remount-ro", place),
    ]


def test_trainers_with_neighbouring_numbers_give_boxes_different_users(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    users: list[int] = []
    for pid in range(1000, 1004):
        monkeypatch.setattr(os, "getpid", lambda pid=pid: pid)
        users += [new_user() for _ in range(100)]
    assert len(set(users)) > 395
    assert all(FIRST_USER <= user < FIRST_USER + USERS for user in users)


# ------------------------------------------------------------ a box

LOOK = """
import os, sys
for path in sys.argv[1:]:
    try:
        print(sorted(os.listdir(path)))
        open(path + "/mine", "w")
    except OSError as error:
        print(error.strerror)
"""


@pytest.fixture
def toolchain() -> Iterator[Path]:
    """A folder that boxes can have: not below a folder of their own, and open to every user."""
    folder = Path(tempfile.mkdtemp(dir="/var/tmp", prefix="forgegym-toolchain-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.mark.bubblewrap
def test_a_job_finds_an_empty_folder_where_the_package_is(toolchain: Path) -> None:
    source = toolchain / "src/gym"
    (source / "tools").mkdir(parents=True)
    (source / "tools/compiler").write_text("seen")
    found = install(toolchain / "lib/python3.11/site-packages", source=source)
    for folder in (*found, source):
        (folder / "answers.py").write_text("hidden")
    looked = [str(path) for path in (*found, source, source / "tools", found[0].parent)]
    with open_bubblewrap(toolchains=[toolchain, source / "tools"], size=1) as pool:
        outcome = pool.run(Job((Step(("/usr/bin/python3", "-I", "-S", "-c", LOOK, *looked)),)))
    assert outcome.status is Status.OK, outcome
    refused = os.strerror(30)  # EROFS
    assert outcome.last.stdout.decode().splitlines() == [
        "[]", refused, "[]", refused, "['tools']", refused, "['compiler']", refused,
        "['forgegym', 'forgegym-0.1.0.dist-info']", refused,
    ]  # fmt: skip


@pytest.mark.bubblewrap
def test_boxes_are_opened_after_the_package_is_uninstalled(toolchain: Path) -> None:
    found = install(toolchain / "lib/python3.11/site-packages")
    job = Job((Step(("/bin/true",)),))
    with open_bubblewrap(toolchains=[toolchain], size=1, reuse="never") as pool:
        for folder in found:
            folder.rmdir()
        assert [pool.run(job).status for _ in range(3)] == [Status.OK] * 3


@pytest.mark.bubblewrap
@pytest.mark.attacks
@pytest.mark.parametrize("name", ["g03_memory_of_one", "g04_memory_of_many", "g05_unmapped_memory"])
def test_without_control_groups_memory_is_watched(name: str) -> None:
    (entry,) = (entry for entry in load() if entry.name == name)
    with Bait() as bait, open_bubblewrap(profile=SMALL, size=1, cgroups=False) as pool:
        result = run_entry(entry, pool, bait, seconds=ENTRY_SECONDS)
    assert result.held, result.complaints
