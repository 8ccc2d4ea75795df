"""What of a case's timeline a person wants to see, as the address of the page says it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.db.models import TextChoices
from django.http import QueryDict
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext_lazy as _


class Kind(TextChoices):
    STEP = "step", _("Steps")
    NOTE = "note", _("Notes and answers")
    HAND_OFF = "hand_off", _("Hand-offs")
    CLOCK = "clock", _("Clocks")
    MESSAGE = "message", _("Messages")


CLOCK_STEPS = frozenset({"climb", "remind", "alarm", "record_no_answer"})
# Which entries of the journal are of which kind; all others are steps.
ACTIONS: Mapping[Kind, frozenset[str]] = {
    Kind.NOTE: frozenset({"note", "respond", "attach"}),
    Kind.HAND_OFF: frozenset({"escalate", "send_back", "de_escalate", "hand_over"}),
    Kind.CLOCK: CLOCK_STEPS,
}
CUSTOMER = "customer"  # who has no key


@dataclass(frozen=True, slots=True)
class Filter:
    """`who`: a user's key, CUSTOMER, or nobody in particular. `start`: the page begins beyond this moment."""

    kinds: frozenset[Kind] = frozenset(Kind)
    who: str = ""
    words: str = ""
    reporter_only: bool = False
    oldest_first: bool = False
    start: datetime | None = None

    @classmethod
    def read(cls, query: QueryDict) -> Filter:
        """What makes no sense is as if it had not been said."""
        kinds = frozenset(Kind(value) for value in query.getlist("kind") if value in Kind.values)
        who = query.get("who", "")
        return cls(
            kinds=kinds or frozenset(Kind),
            who=who if who == CUSTOMER or (who.isdecimal() and len(who) < 19) else "",
            words=query.get("words", "").replace("\x00", "").strip()[:100],
            reporter_only=query.get("reporter") == "yes",
            oldest_first=query.get("order") == "oldest",
            start=_moment(query.get("from", "")),
        )

    @property
    def person(self) -> int:
        return int(self.who)

    @property
    def is_narrow(self) -> bool:
        return replace(self, start=None, oldest_first=False) != EVERYTHING

    @property
    def choices(self) -> list[tuple[str, str, bool]]:
        """(value, label, whether it was chosen) of the kinds."""
        chosen = frozenset[Kind]() if self.kinds == frozenset(Kind) else self.kinds
        return [(kind.value, str(kind.label), kind in chosen) for kind in Kind]

    def query(self, *, start: datetime | None = None) -> str:
        """As the query string of a page that begins beyond `start`."""
        said: dict[str, Any] = {
            "kind": [] if self.kinds == frozenset(Kind) else sorted(self.kinds),
            "who": self.who,
            "words": self.words,
            "reporter": "yes" if self.reporter_only else "",
            "order": "oldest" if self.oldest_first else "",
            "from": start.isoformat() if start else "",
        }
        return urlencode({name: value for name, value in said.items() if value}, doseq=True)


EVERYTHING = Filter()


def _moment(text: str) -> datetime | None:
    try:
        found = parse_datetime(text)
    except ValueError:  # well formed, but no such day
        return None
    return found if found is not None and found.tzinfo is not None else None
