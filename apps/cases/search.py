"""Finding cases by what people type: the same letters, however wide, and whatever stands between digits."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

from django.db.models import Q

if TYPE_CHECKING:
    from apps.cases.models import Case

SEARCHED = (
    "number", "subject", "customer", "customer_email", "place", "facts", "customer_said", "first_line_did", "stuck_on",
    "resolution",
)  # fmt: skip

# A Japanese keyboard gives all of these where people mean a hyphen, the long vowel mark among them.
DASHES = "‐‑‒–—―−ー─"
HYPHENS = str.maketrans(DASHES, "-" * len(DASHES))
NUMBER = re.compile(r"esc-?(\d{4})-?(\d{1,6})")
PHONE = re.compile(r"\+?[\d()-]{9,}")


def normalise(text: str) -> str:
    """NFKC and lower case: ＥＳＣ－２０２６ and esc-2026 are the same, ﾌﾟﾘﾝﾀ and プリンタ too."""
    return " ".join(unicodedata.normalize("NFKC", text).lower().split())


def text_of(case: Case) -> str:
    """What `Case.search_text` holds."""
    parts = [normalise(value) for name in SEARCHED if (value := getattr(case, name))]
    if case.customer_phone:
        parts.append(digits(case.customer_phone))
    return "\n".join(parts)


def matches(typed: str) -> Q:
    """A condition on Case: every word that was typed occurs somewhere; a number with whatever hyphens, or none."""
    found = Q()
    for word in normalise(typed).split():
        found &= Q(search_text__contains=word) | _as_number(word.translate(HYPHENS))
    return found


def number_in(typed: str) -> str | None:
    """The case number, if what was typed is one and nothing else: full width, without hyphens or leading zeros too."""
    whole = NUMBER.fullmatch(normalise(typed).translate(HYPHENS).replace(" ", ""))
    return f"ESC-{whole[1]}-{int(whole[2]):06d}" if whole else None


def _as_number(word: str) -> Q:
    if PHONE.fullmatch(word):
        return Q(search_text__contains=digits(word))
    if number := number_in(word):
        return Q(search_text__contains=number.lower())
    return Q()


def digits(text: str) -> str:
    """The digits alone, however a telephone number is written."""
    return "".join(re.findall(r"\d", unicodedata.normalize("NFKC", text)))
