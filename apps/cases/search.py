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


def normalise(text: str) -> str:
    """NFKC and lower case: ＥＳＣ－２０２６ and esc-2026 are the same, ﾌﾟﾘﾝﾀ and プリンタ too."""
    return " ".join(unicodedata.normalize("NFKC", text).lower().split())


def text_of(case: Case) -> str:
    """What `Case.search_text` holds."""
    parts = [normalise(value) for name in SEARCHED if (value := getattr(case, name))]
    if case.customer_phone:
        parts.append(_digits(case.customer_phone))
    return "\n".join(parts)


def matches(typed: str) -> Q:
    """A condition on Case: every word that was typed occurs somewhere; a telephone number with or without hyphens."""
    found = Q()
    for word in normalise(typed).split():
        is_phone = re.fullmatch(r"\+?[\d()-]{9,}", word) is not None
        either = Q(search_text__contains=word)
        found &= either | Q(search_text__contains=_digits(word)) if is_phone else either
    return found


def _digits(text: str) -> str:
    return "".join(re.findall(r"\d", unicodedata.normalize("NFKC", text)))
