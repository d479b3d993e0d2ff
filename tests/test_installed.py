"""What a sandbox sees of a program that is installed on this machine: never a home."""

import os
from pathlib import Path

import pytest

from forgegym.verifiers.compact import compiler
from forgegym.verifiers.installed import folders_of
from forgegym.verifiers.rust import compiler as rust
from forgegym.verifiers.verilog import tools


@pytest.fixture
def home(tmp_path, monkeypatch):
    folder = tmp_path / "people" / "ada"
    (folder / ".ssh").mkdir(parents=True)
    monkeypatch.setenv("HOME", str(folder))
    return folder


def installed(path: Path, says: str = "") -> Path:
    """A program that prints `says`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\necho '{says}'\n")
    path.chmod(0o755)
    return path


@pytest.mark.parametrize("beside", ["lib", "share"])
def test_a_release_is_seen_whole(home, beside):
    program = installed(home / "tools" / "yosys-0.52" / "bin" / "yosys")
    assert folders_of(program) == (program.parent,)
    (program.parent.parent / beside).mkdir()
    assert folders_of(program) == (home / "tools" / "yosys-0.52",)


@pytest.mark.parametrize("prefix", [".", ".local", "..", "../.."])
def test_where_more_lies_than_a_release_a_program_is_seen_with_what_it_reads(home, prefix):
    place = (home / prefix).resolve()
    (place / "lib" / "ivl").mkdir(parents=True)
    (place / "share" / "keyrings").mkdir(parents=True)
    program = installed(place / "bin" / "iverilog")
    assert folders_of(program, "lib/ivl", "share/yosys") == (place / "bin", place / "lib" / "ivl")
    assert folders_of(program) == (place / "bin",)


@pytest.mark.parametrize("place", ["/", "/opt", "/srv", "/home/bob"])
def test_places_of_many_things_are_not_seen(home, place):
    assert folders_of(Path(place) / "bin" / "tool") == (Path(place) / "bin",)


def test_a_program_that_lies_in_a_home_is_seen_alone(home):
    program = installed(home / "compactc")
    assert folders_of(program) == (program,)


def test_a_home_is_known_by_its_real_path_too(home, tmp_path, monkeypatch):
    (tmp_path / "link").symlink_to(home)
    monkeypatch.setenv("HOME", str(tmp_path / "link"))
    (home / "lib").mkdir()
    assert folders_of(home / "bin" / "tool") == (home / "bin",)


def test_of_a_home_with_the_tools_of_verilog_only_these_are_seen(home, monkeypatch):
    for name in ("iverilog", "vvp", "yosys", "yosys-abc", "verilator"):
        installed(home / "bin" / name, f"{name} 1.0")
    (home / "share" / "yosys").mkdir(parents=True)
    monkeypatch.setenv("PATH", f"{home / 'bin'}{os.pathsep}/usr/bin{os.pathsep}/bin")
    found = tools.find_tools()
    assert found is not None
    assert found.folders == (home / "bin", home / "share" / "yosys")


def test_of_a_home_with_a_compiler_of_compact_only_that_is_seen(home, monkeypatch):
    (home / "lib").mkdir()
    monkeypatch.setenv("FORGEGYM_COMPACTC", str(installed(home / "bin" / "compactc", "0.31.0")))
    found = compiler.find_compactc()
    assert found is not None
    assert found.folders == (home / "bin",)


@pytest.mark.parametrize(
    ("root", "seen"), [(".local", ("bin", "lib")), ("toolchains/1.95", (".",))]
)
def test_of_a_home_with_rust_its_release_is_seen_and_no_key_beside_it(
    home, monkeypatch, root, seen
):
    place = home / root
    (place / "share" / "keyrings").mkdir(parents=True)
    rustc = installed(place / "bin" / "rustc")
    (place / "lib").mkdir()
    # It says where it is installed when it is asked, and else which version it is.
    rustc.write_text(
        f'#!/bin/sh\n[ "$1" = --print ] && echo "{place}" || echo "rustc 1.95.0 (abc 2026-04-14)"\n'
    )
    monkeypatch.setenv("FORGEGYM_RUSTC", str(rustc))
    found = rust.find_rustc()
    assert found is not None
    assert found.folders == tuple((place / name).resolve() for name in seen)
