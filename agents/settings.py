"""What the values of a configuration may be, and what texts say them."""

from __future__ import annotations

import math
from dataclasses import fields
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

_KINDS = {int: "a whole number", float: "a number", bool: "true or false", Path: "a path"}


def parsed(name: str, text: str, kind: Any) -> Any:
    """The value that `text` stands for, as the setting's type has it. Raises `ValueError` with what
    there is to say about the setting `name`."""
    if get_origin(kind) is Literal:
        if text in get_args(kind):
            return text
        raise ValueError(f"{name} is {' or '.join(get_args(kind))}, not {text!r}")
    choices = [k for k in get_args(kind) or (kind,) if k is not type(None)]
    if text.lower() == "none" and len(choices) < len(get_args(kind)):
        return None
    for choice in choices:
        try:
            return {"true": True, "false": False}[text.lower()] if choice is bool else choice(text)
        except (ValueError, KeyError):
            continue
    wanted = " or ".join(_KINDS.get(choice, choice.__name__) for choice in choices)
    raise ValueError(f"{name} is {wanted}, not {text!r}")


def at_least(config: object, name: str, least: int) -> None:
    """Raises `ValueError` with a sentence when a setting is smaller."""
    if getattr(config, name) < least:
        raise ValueError(f"{name} must be at least {least}, not {getattr(config, name)}.")


def above_zero(config: object, name: str) -> None:
    """Raises `ValueError` with a sentence when a setting is not above 0 (or is no number)."""
    if not getattr(config, name) > 0:
        raise ValueError(f"{name} must be above 0, not {getattr(config, name)}.")


def not_negative(config: object, name: str) -> None:
    """Raises `ValueError` with a sentence when a setting is below 0 (or is no number)."""
    if not getattr(config, name) >= 0:
        raise ValueError(f"{name} must not be negative, and is {getattr(config, name)}.")


def finite(config: object, *names: str) -> None:
    """Raises `ValueError` with a sentence when a setting is infinite."""
    for name in names:
        if not math.isfinite(getattr(config, name)):
            raise ValueError(f"{name} must be finite, not {getattr(config, name)}.")


def share(config: object, name: str) -> None:
    """Raises `ValueError` with a sentence when a setting does not lie in 0 to 1."""
    if not 0 <= getattr(config, name) <= 1:
        raise ValueError(f"{name} must lie in 0 to 1, not {getattr(config, name)}.")


def unused(config: Any, because: str, *names: str) -> None:
    """Raises `ValueError` with a sentence when one of these settings, which cannot act `because`
    of others, is not what it is by default."""
    defaults = {field.name: field.default for field in fields(config)}
    for name in names:
        if getattr(config, name) != defaults[name]:
            raise ValueError(f"{name} = {getattr(config, name)} has no part in this: {because}.")
