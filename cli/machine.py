"""What this machine has: environments, toolchains and sandboxes, and what hostile programs do."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape

from .. import ENVIRONMENTS
from ..envs.registration import KINDS, LANGUAGES
from ..envs.rewards import PAID_BY
from .shell import (
    AsJson,
    UsageError,
    app,
    err,
    images_app,
    out,
    print_json,
    progress,
)


@app.command()
def envs(as_json: AsJson = False) -> None:
    """Environments, the toolchains found on this machine, and what its sandboxes enforce."""
    toolchains = {name: _TOOLCHAINS[LANGUAGES[name]]() for name in ENVIRONMENTS}
    with err.status("trying the sandboxes"):
        sandboxes = _sandboxes()
    if as_json:
        listing = [
            {
                "id": name,
                "toolchains": rows,
                "auto": next(r["choice"] for r in rows if r["toolchain"])
                if any(r["toolchain"] for r in rows)
                else None,
                "rewards": _rewards(name),
            }
            for name, rows in toolchains.items()
        ]
        print_json({"environments": listing, "sandboxes": sandboxes})
        return
    for name, rows in toolchains.items():
        out.print(f"[bold]{name}[/bold]")
        auto = True
        for row in rows:
            if row["toolchain"] is None:
                out.print(f"  {row['choice']:9} not found; {row['missing']}", soft_wrap=True)
                continue
            mark = "  [green](auto)[/green]" if auto else ""
            auto = False
            out.print(
                f"  {row['choice']:9} {row['toolchain']}, {row['language']}: "
                f"{escape(str(row['command']))}{mark}",
                soft_wrap=True,
            )
        out.print(f"  rewards   {', '.join(_rewards(name))}")
    out.print("[bold]Sandboxes[/bold]")
    for name, state in sandboxes.items():
        if state["missing"] is not None:
            out.print(f"  {name:10} not here: {escape(state['missing'])}", soft_wrap=True)
            continue
        broken = [row["limit"] for row in state["limits"] if not row["held"]]
        verdict = f"[red]does not hold: {', '.join(broken)}[/red]" if broken else "holds"
        tried = "; ".join(row["limit"] for row in state["limits"] if row["held"])
        out.print(f"  {name:10} {verdict}. Tried now: {tried}", soft_wrap=True)


def _rewards(name: str) -> list[str]:
    """The presets that an environment takes."""
    return list(dict.fromkeys(preset for kind in KINDS[name] for preset in PAID_BY[kind]))


def _compact_toolchains() -> list[dict[str, Any]]:
    """What judges Compact here, in the order of preference; `toolchain` None: not here."""
    from ..verifiers.compact.compiler import INSTALL_HINT, find_compactc
    from ..verifiers.compact.toolchain import FRONTEND

    found = find_compactc()
    return [
        {
            "choice": "compactc",
            "toolchain": None if found is None else str(found.toolchain),
            "language": None if found is None else f"Compact {found.toolchain.language_version}",
            "command": None if found is None else " ".join(found.command),
            "missing": INSTALL_HINT,
        },
        {
            "choice": "frontend",
            "toolchain": str(FRONTEND),
            "language": f"Compact {FRONTEND.language_version}",
            "command": "embedded",
            "missing": "",
        },
    ]


def _python_toolchains() -> list[dict[str, Any]]:
    from ..verifiers.python import interpreter

    here = interpreter.find_python()
    named = ("Python of the image", f"forgegym/python, {interpreter.INTERPRETER}")
    return _in_two_places("python", "python", "Python 3", named, here, interpreter.INSTALL_HINT)


def _rust_toolchains() -> list[dict[str, Any]]:
    from ..verifiers.rust import compiler

    found = compiler.find_rustc()
    here = None if found is None else (str(found.toolchain), found.path)
    named = ("rustc of the image", f"forgegym/rust, {compiler.IN_IMAGE}")
    dialect = f"edition {compiler.EDITION}"
    return _in_two_places("rust", "rustc", dialect, named, here, compiler.INSTALL_HINT)


def _verilog_toolchains() -> list[dict[str, Any]]:
    from ..verifiers.verilog import tools

    found = tools.find_tools()
    here = None if found is None else (str(found.toolchain), found.paths["yosys"])
    named = ("the tools of the image", "forgegym/verilog")
    dialect = f"IEEE {tools.LANGUAGE}"
    return _in_two_places("verilog", "iverilog+yosys", dialect, named, here, tools.INSTALL_HINT)


def _in_two_places(
    language: str,
    choice: str,
    dialect: str,
    in_image: tuple[str, str],
    here: tuple[str, str] | None,
    hint: str,
) -> list[dict[str, Any]]:
    """What Docker's image has if it is built, which is taken first, and what this machine has:
    each as its name and its command."""
    from ..verifiers.sandbox.choose import image_is_built

    places: list[tuple[str, str] | None] = [in_image] if image_is_built(language) else []
    if here is not None or not places:
        places.append(here)
    return [
        {
            "choice": choice,
            "toolchain": place[0] if place else None,
            "language": dialect,
            "command": place[1] if place else None,
            "missing": "" if place else hint,
        }
        for place in places
    ]


_TOOLCHAINS = {
    "compact": _compact_toolchains,
    "python": _python_toolchains,
    "rust": _rust_toolchains,
    "verilog": _verilog_toolchains,
}


def _sandboxes() -> dict[str, dict[str, Any]]:
    """Every kind of sandbox: why it is not here, or what was tried on it and whether it held."""
    from ..verifiers.sandbox import images, probe
    from ..verifiers.sandbox.base import SandboxUnavailableError

    found: dict[str, dict[str, Any]] = {}
    for name in ("docker", "bubblewrap"):
        try:
            image = None
            if name == "docker":
                built = [i for i in images.listing() if i.current]
                if not built:
                    raise SandboxUnavailableError(
                        "an engine answers, without images; `forgegym images build` makes them"
                    )
                image = built[0].tag
            rows = probe.report("docker" if name == "docker" else "bubblewrap", image=image)
            found[name] = {"missing": None, "limits": [asdict(row) for row in rows]}
        except SandboxUnavailableError as error:
            found[name] = {"missing": str(error), "limits": []}
    return found


# ---------------------------------------------------------------- images, clean


@images_app.command("build")
def images_build(
    languages: Annotated[
        list[str] | None,
        typer.Argument(metavar="[LANGUAGE]...", help="Default: all."),
    ] = None,
    release: Annotated[
        Path | None,
        typer.Option("--from", help="For compact: the folder of a compactc release."),
    ] = None,
) -> None:
    """Build the images that Docker's sandboxes are made of (minutes, once a ForgeGym version)."""
    from ..verifiers.sandbox import images

    wanted = languages or images.languages()
    for name in wanted:
        if name not in images.languages():
            known = ", ".join(images.languages())
            raise UsageError(f"there is no image for {name!r}; there are: {known}")
    if release is not None and not release.is_dir():
        raise UsageError(f"there is no folder {release}")
    if release is not None and not images.TAKE_A_FOLDER & set(wanted):
        raise UsageError(f"--from is for the image of {', '.join(images.TAKE_A_FOLDER)}")
    for name in wanted:
        with err.status(f"building {name}") as status:
            extra = release if name in images.TAKE_A_FOLDER else None
            image = images.build(
                name,
                extra=extra,
                report=lambda line, name=name, status=status: status.update(  # type: ignore[misc]
                    f"building {name}: {escape(line[:80])}"
                ),
            )
        out.print(f"{image.tag}  {image.digest}", soft_wrap=True)


@images_app.command("list")
def images_list(as_json: AsJson = False) -> None:
    """The images, with their digests."""
    from ..verifiers.sandbox import images

    rows = list(images.listing())
    if as_json:
        print_json([asdict(row) for row in rows])
        return
    for row in rows:
        if row.digest is None:
            state = f"not built; `forgegym images build {row.language}`"
        elif not row.current:
            state = f"of another ForgeGym; `forgegym images build {row.language}` anew"
        else:
            state = f"{row.digest}  {row.size / 1e6:.0f} MB"
        out.print(f"{row.tag:28} {state}", soft_wrap=True)


@app.command()
def attack(
    sandbox: Annotated[
        str,
        typer.Option(
            "--sandbox", help="docker, bubblewrap, or straw, which is none and must fail."
        ),
    ] = "docker",
    language: Annotated[
        str, typer.Option("--language", help="Whose image, and whose entries beside the common.")
    ] = "python",
    reuse: Annotated[str, typer.Option("--reuse", help="never or proven.")] = "proven",
    only: Annotated[
        list[str] | None, typer.Option("--only", help="A row (G08) or an entry; repeatable.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """The catalogue of hostile programs against a sandbox. Exit code 1 when one does not hold."""
    from ..benchmarks.attacks.run import attack_command, chosen

    try:
        total = len(chosen(language, only or ()))
        with progress("attacks", total) as show:
            done = 0

            def seen(result: Any) -> None:
                nonlocal done
                done += 1
                show(done, result.title)

            code = attack_command(
                sandbox,
                language=language,
                reuse=reuse,
                only=only or (),
                as_json=as_json,
                console=out,
                on_result=seen,
                print_json=print_json,
            )
    except ValueError as error:
        raise UsageError(str(error)) from error
    raise typer.Exit(code)


@app.command()
def clean(
    everything: Annotated[
        bool, typer.Option("--all", help="The boxes of processes that still live, too.")
    ] = False,
) -> None:
    """Remove what killed processes have left: containers and control groups."""
    from ..verifiers.sandbox import cgroup, docker
    from ..verifiers.sandbox.base import SandboxUnavailableError

    try:
        out.print(f"{docker.sweep(docker.connect(), everything=everything)} containers removed")
    except SandboxUnavailableError as error:
        out.print(f"no containers: {error}", soft_wrap=True)
    out.print(f"{cgroup.sweep()} control groups removed")
