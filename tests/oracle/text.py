"""Clean text, and the texts that people write where there is no value (SPEC section 1)."""

import re
import unicodedata

# Compared without regard to case, spaces and signs: `T.B.C.`, `not_known` and `(blank)` are on it.
_WORDS = frozenset(
    re.sub(r"[^A-Z]", "", word)
    for word in (
        "NULL", "N/A", "#N/A", "NONE", "NIL", "TBC", "TBA", "TO BE CONFIRMED", "UNKNOWN", "N/K", "NOT KNOWN", "NOT RECORDED",
        "NOT APPLICABLE", "NOT STATED", "NO SUSPECT", "PENDING", "BLANK", "NAN",
    )
)  # fmt: skip
# Numbers that stand for none: they may be a number of an incident or of a defendant.
_NUMBERS = re.compile(r"XX+|0+|9{4,}")


def clean(text: str) -> str:
    """NFC, without what nobody sees, with single spaces and none around."""
    seen = "".join(" " if sign.isspace() else "" if _is_unseen(sign) else sign for sign in text)
    return " ".join(unicodedata.normalize("NFC", seen).split())


def _is_unseen(sign: str) -> bool:
    """Whether Unicode says that a sign shows nothing."""
    name = unicodedata.name(sign, "")
    named = (
        "VARIATION SELECTOR" in name
        or name == "COMBINING GRAPHEME JOINER"
        or re.match(r"(HALFWIDTH )?HANGUL .*FILLER", name)
    )
    return bool(named) or unicodedata.category(sign) in ("Cc", "Cf")


def squeezed(text: str) -> str:
    """Upper case, A-Z and 0-9 only: how URNs and ASNs are compared."""
    return re.sub(r"[^A-Z0-9]", "", text.upper())


def says_nothing(kind: str, text: str) -> bool:
    """Whether a clean text that is not empty stands for no value.

    `kind`: reference, record (the number of an incident or defendant) or label.
    """
    if any(sign.isalnum() and not sign.isascii() for sign in text):
        return False
    core = squeezed(text)
    if not core:
        return True
    if core in _WORDS:
        return (kind, core) != ("label", "NONE")
    return kind != "record" and bool(_NUMBERS.fullmatch(core))
