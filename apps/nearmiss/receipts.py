"""The receipt code: the only tie between a near miss and whoever reported it, and it is in their hands alone."""

from __future__ import annotations

import hashlib
import hmac
import unicodedata
from uuid import UUID

from django.conf import settings

LETTERS = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"  # without those that are taken for one another
LENGTH, GROUP = 12, 4


def code_of(token: UUID) -> str:
    """The code for a form, which is sent with a random `token`: sent twice, the form gets the same code again."""
    number = int.from_bytes(_keyed("code", token.hex))
    letters = ""
    for _place in range(LENGTH):
        number, place = divmod(number, len(LETTERS))
        letters += LETTERS[place]
    return "-".join(letters[start : start + GROUP] for start in range(0, LENGTH, GROUP))


def digest(code: str) -> str:
    """What the database keeps of a code, as people type it: in any width and case, with or without hyphens."""
    plain = "".join(each for each in unicodedata.normalize("NFKC", code).upper() if each in LETTERS)
    return _keyed("receipt", plain).hex()


def _keyed(purpose: str, text: str) -> bytes:
    return hmac.new(settings.SECRET_KEY.encode(), f"nearmiss.{purpose}:{text}".encode(), hashlib.sha256).digest()
