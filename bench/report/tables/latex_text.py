"""Text that is to stand in LaTeX as it is: nothing in it is a command, and no character stops pdflatex."""

from __future__ import annotations

import re
import unicodedata

ESCAPED = {
    **{character: f"\\{character}" for character in "%_&#${}"},
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "`": r"\`{}",
    '"': "''",
    "<": "$<$",
    ">": "$>$",
    "|": "$|$",
    "−": "$-$",
    "±": r"$\pm$",
    "×": r"$\times$",
    "÷": r"$\div$",
    "·": r"$\cdot$",
    "≤": r"$\leq$",
    "≥": r"$\geq$",
    "≠": r"$\neq$",
    "≈": r"$\approx$",
    "∞": r"$\infty$",
    "→": r"$\rightarrow$",
    "←": r"$\leftarrow$",
    "°": r"$^\circ$",
    "‑": "-",
    "–": "--",
    "—": "---",
    "…": r"\dots{}",
    "“": "``",
    "”": "''",
    "‘": "`",
    "’": "'",
    "ß": r"\ss{}",
    "æ": r"\ae{}",
    "Æ": r"\AE{}",
    "œ": r"\oe{}",
    "Œ": r"\OE{}",
    "ø": r"\o{}",
    "Ø": r"\O{}",
    "å": r"\aa{}",
    "Å": r"\AA{}",
    "ł": r"\l{}",
    "Ł": r"\L{}",
    "ı": r"\i{}",
    "¿": "?`",
    "¡": "!`",
    "§": r"\S{}",
    "©": r"\copyright{}",
    "£": r"\pounds{}",
}
"""Characters that are a command to LaTeX or that need one, in any encoding of its fonts."""
ACCENTS = {
    "\u0300": r"\`",
    "\u0301": r"\'",
    "\u0302": r"\^",
    "\u0303": r"\~",
    "\u0304": r"\=",
    "\u0306": r"\u",
    "\u0307": r"\.",
    "\u0308": r"\"",
    "\u030b": r"\H",
    "\u030c": r"\v",
    "\u0323": r"\d",
    "\u0327": r"\c",
}
"""Marks above and below a letter."""
GREEK = (
    "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi pi rho sigma tau upsilon phi chi psi "
    "omega Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi Omega"
).split()
"""Greek letters that are not written with a Latin one."""
LETTER = re.compile(r".[\u0300-\u036f]*", re.DOTALL)
PAIR = re.compile(r"-(?=-)|'(?=')|`(?=`)|,(?=,)|[?!](?=`)")
"""The first of two characters that would be one sign next to each other."""


def latex_text(text: object) -> str:
    """Write a text for LaTeX, on one line.

    What its standard fonts do not have, such as an emoji or Chinese, is named by its code: `U+1F600`. Marks that only
    say how to write their neighbours are left out.
    """
    line = unicodedata.normalize("NFC", " ".join(str(text).split()))
    # Two of these next to each other would be one sign.
    apart = PAIR.sub(r"\g<0>\0", line.replace("\0", ""))
    return LETTER.sub(lambda found: _letter(found[0]), apart).replace("\0", "{}")


def _letter(letter: str) -> str:
    """Write a character with the marks on it."""
    if letter in ESCAPED:
        return ESCAPED[letter]
    return _accented(letter) or "".join(map(_character, letter))


def _character(character: str) -> str:
    if character in ESCAPED:
        return ESCAPED[character]
    if " " <= character <= "~" or character == "\0":
        return character
    if unicodedata.category(character) == "Cf" or unicodedata.name(character, "").startswith("VARIATION SELECTOR"):
        return ""
    return _greek(character) or _compatible(character) or rf"\texttt{{U+{ord(character):04X}}}"


def _accented(marked: str) -> str | None:
    """Write a Latin letter with its marks; None for anything else."""
    letter, *marks = list(unicodedata.normalize("NFD", marked))
    if not marks or not letter.isascii() or not all(mark in ACCENTS for mark in marks):
        return None
    written = rf"\{letter}" if letter in "ij" and not any(mark in "\u0323\u0327" for mark in marks) else letter
    for mark in marks:
        written = f"{ACCENTS[mark]}{{{written}}}"
    return written


def _greek(character: str) -> str | None:
    match unicodedata.name(character, "").split():
        case ["GREEK", "SMALL" | "CAPITAL" as size, "LETTER", name]:
            # Unicode calls it LAMDA.
            command = {"LAMDA": "LAMBDA"}.get(name, name)
            command = command.lower() if size == "SMALL" else command.capitalize()
            return rf"$\{command}$" if command in GREEK else None
    return None


def _compatible(character: str) -> str | None:
    """Write a variant of plain characters, such as a ligature or a full-width letter, as these."""
    plain = unicodedata.normalize("NFKD", character)
    return "".join(map(_character, plain)) if plain.isascii() and plain.isprintable() else None
