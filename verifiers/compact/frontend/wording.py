"""Numbers in words, as the compiler's messages write them ("the third argument")."""

from __future__ import annotations

_ONES = (
    "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth"
    " fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth"
).split()
_TENS = "twent thirt fort fift sixt sevent eight ninet".split()
_HUNDREDS = "one two three four five six seven eight nine".split()
_CARDINALS = ["zero", *_HUNDREDS, "ten"]


def cardinal(number: int) -> str:
    """`number` up to ten in words; in figures beyond, where no message is known to go."""
    return _CARDINALS[number] if number < len(_CARDINALS) else str(number)


def ordinal(number: int) -> str:
    """`number` from 1 to 999, as an ordinal in words (in figures beyond)."""
    if number > 999:
        return f"{number}th"
    hundreds, rest = divmod(number, 100)
    if hundreds:
        words = f"{_HUNDREDS[hundreds - 1]} hundred"
        return f"{words} {ordinal(rest)}" if rest else f"{words}th"
    if number < 20:
        return _ONES[number - 1]
    tens, ones = divmod(number, 10)
    stem = _TENS[tens - 2]
    return f"{stem}y-{_ONES[ones - 1]}" if ones else f"{stem}ieth"
