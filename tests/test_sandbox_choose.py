"""Which sandbox is taken, and what is said when there is none; nothing is opened here."""

from collections.abc import Callable

import pytest

from forgegym.verifiers.sandbox import choose
from forgegym.verifiers.sandbox.base import Profile, SandboxUnavailableError
from forgegym.verifiers.sandbox.choose import open_sandbox
from forgegym.verifiers.sandbox.unsafe import UnsafeWarning


class Backends:
    """Stands for all three: what was opened, and which of them are broken."""

    def __init__(self) -> None:
        self.opened: list[tuple[str, dict[str, object]]] = []
        self.probed: list[str] = []
        self.probe_fails: dict[str, str] = {}
        self.open_fails: dict[str, str] = {}

    def require(self, name: str, **_: object) -> None:
        self.probed.append(name)
        if name in self.probe_fails:
            raise SandboxUnavailableError(self.probe_fails[name])

    def opener(self, name: str) -> Callable[..., str]:
        def open_one(*arguments: object, **options: object) -> str:
            if name in self.open_fails:
                raise SandboxUnavailableError(self.open_fails[name])
            self.opened.append((name, options))
            return name

        return open_one

    @property
    def names(self) -> list[str]:
        return [name for name, _ in self.opened]


@pytest.fixture
def backends(monkeypatch: pytest.MonkeyPatch) -> Backends:
    stands = Backends()
    monkeypatch.setattr(choose.probe, "require", stands.require)
    monkeypatch.setattr(choose, "open_docker", stands.opener("docker"))
    monkeypatch.setattr(choose, "open_bubblewrap", stands.opener("bubblewrap"))
    return stands


@pytest.fixture
def without_any(backends: Backends) -> Backends:
    backends.probe_fails = {"docker": "no engine answers", "bubblewrap": "there is no bwrap"}
    return backends


def test_an_unknown_sandbox_is_refused_with_the_choices(backends: Backends) -> None:
    with pytest.raises(ValueError, match=r"'podman'.*auto, docker, bubblewrap, unsafe"):
        open_sandbox("python", "podman")  # type: ignore[arg-type]
    assert backends.probed == []


def test_docker_is_taken_where_it_is(backends: Backends) -> None:
    open_sandbox("python")
    assert backends.names == ["docker"]


@pytest.mark.parametrize("when", ["probe_fails", "open_fails"])
def test_bubblewrap_is_taken_where_docker_is_not(backends: Backends, when: str) -> None:
    setattr(backends, when, {"docker": "no engine answers"})
    open_sandbox("python")
    assert backends.names == ["bubblewrap"]


@pytest.mark.parametrize("name", ["docker", "bubblewrap"])
def test_a_sandbox_asked_for_by_name_is_the_only_one_tried(backends: Backends, name: str) -> None:
    open_sandbox("python", name)  # type: ignore[arg-type]
    assert (backends.probed, backends.names) == ([name], [name])


@pytest.mark.parametrize("name", ["docker", "bubblewrap"])
def test_one_asked_for_by_name_is_not_replaced_by_another(without_any: Backends, name: str) -> None:
    with pytest.raises(SandboxUnavailableError, match=without_any.probe_fails[name]):
        open_sandbox("python", name)  # type: ignore[arg-type]
    assert without_any.probed == [name]
    assert without_any.names == []


def test_a_sandbox_that_does_not_hold_is_never_opened(backends: Backends) -> None:
    backends.probe_fails = {"docker": "docker does not hold on this machine: network (open)"}
    with pytest.raises(SandboxUnavailableError, match="does not hold"):
        open_sandbox("python", "docker")
    assert backends.names == []


def test_where_there_is_none_the_message_has_both_reasons_and_the_way_out(
    without_any: Backends,
) -> None:
    with pytest.raises(SandboxUnavailableError) as raised:
        open_sandbox("python")
    said = str(raised.value)
    assert "no engine answers" in said
    assert "there is no bwrap" in said
    assert 'sandbox="unsafe", allow_unsafe=True' in said
    assert "\n" not in said


@pytest.mark.parametrize("allow_unsafe", [False, True])
def test_no_sandbox_is_never_taken_for_want_of_one(
    without_any: Backends, monkeypatch: pytest.MonkeyPatch, allow_unsafe: bool
) -> None:
    monkeypatch.setattr(choose, "open_unsafe", without_any.opener("unsafe"))
    with pytest.raises(SandboxUnavailableError):
        open_sandbox("python", allow_unsafe=allow_unsafe)
    assert without_any.names == []


def test_no_sandbox_must_be_asked_for_twice() -> None:
    with pytest.raises(SandboxUnavailableError, match="allow_unsafe=True"):
        open_sandbox("python", "unsafe")


def test_no_sandbox_comes_with_a_warning() -> None:
    with (
        pytest.warns(UnsafeWarning),
        open_sandbox("python", "unsafe", allow_unsafe=True, size=1) as pool,
    ):
        assert pool.name == "unsafe"


@pytest.mark.parametrize("name", ["docker", "bubblewrap"])
def test_what_was_asked_for_reaches_the_sandbox(backends: Backends, name: str) -> None:
    profile = Profile(processes=7)
    open_sandbox("python", name, profile=profile, size=3, reuse="never")  # type: ignore[arg-type]
    ((_, options),) = backends.opened
    assert (options["profile"], options["size"], options["reuse"]) == (profile, 3, "never")
