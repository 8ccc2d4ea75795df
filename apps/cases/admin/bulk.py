"""One verb on many cases: the form is filled in once, each case is decided by itself, and none stops the others."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.forms import MultipleChoiceField
from django.http import QueryDict
from django.utils.translation import gettext as _

from apps.audit.models import Source
from apps.cases import verbs
from apps.cases.admin import queues
from apps.cases.checks import Refused
from apps.cases.forms import VerbForm
from apps.cases.ledger import Book
from apps.cases.models import Case
from apps.cases.verbs import VERBS, VerbSpec
from apps.people.models import WORKING_ROLES, User

VERBS_FOR_MANY = ("accept", "hand_over", "escalate", "note")
MOST = 100
ROW = re.compile(r"(\d{1,18}):([\w.]{1,120})")


@dataclass(frozen=True, slots=True)
class Row:
    """A case that was ticked, as it was read last; `seen`: its fingerprint when the person ticked it."""

    case: Case
    seen: str

    @property
    def value(self) -> str:
        return row_value(self.case.pk, self.seen)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one case, as it now is. `refusal`: a sentence, empty if it was done."""

    case: Case
    refusal: str

    @property
    def value(self) -> str:
        """To try once more, now that the person has been told where it stands."""
        return row_value(self.case.pk, verbs.fingerprint(self.case))


class Unusable(Exception):
    """A choice of rows with which nothing can be done, and why."""


def offered(user: User) -> list[VerbSpec]:
    """The verbs that a person who works with cases may try on many."""
    return [VERBS[name] for name in VERBS_FOR_MANY] if user.roles & WORKING_ROLES else []


def row_value(pk: int, seen: str) -> str:
    """What a ticked row sends: which case, and as what it was seen."""
    return f"{pk}:{seen}"


def chosen(values: Sequence[str], user: User) -> tuple[list[Row], int]:
    """The rows that were ticked, and how many of them the person may not see (or that never were). Raises Unusable."""
    found = [match for value in dict.fromkeys(values) if (match := ROW.fullmatch(value))]
    seen = {int(match[1]): match[2] for match in found}
    if not seen:
        raise Unusable(_("Please tick at least one case first."))
    if len(seen) > MOST:
        raise Unusable(
            _("At most %(most)d cases can be worked on at once; you ticked %(count)d. Please tick fewer.")
            % {"most": MOST, "count": len(seen)}
        )
    cases = queues.visible(user).filter(pk__in=seen).select_related("team__department", "level", "owner")
    by_id = {case.pk: case for case in cases}
    return [Row(by_id[pk], seen[pk]) for pk in seen if pk in by_id], len(seen) - len(by_id)


def form_for(spec: VerbSpec, rows: Sequence[Row], user: User, data: Mapping[str, Any] | None = None) -> VerbForm:
    cases = [row.case for row in rows]
    return spec.form(data, case=cases[0], user=user, many=cases)


def as_pairs(form: VerbForm) -> list[tuple[str, str]]:
    """What was typed, name by name, so that nobody types it twice."""
    data = form.data
    return [(name, value) for name in form.fields if name != "seen" for value in data.getlist(name)]  # type: ignore[attr-defined]


def typed(form: VerbForm, data: QueryDict) -> dict[str, Any]:
    """The same for a form that is shown anew."""
    found: dict[str, Any] = {}
    for name, field in form.fields.items():
        if name in data and name != "seen":
            found[name] = data.getlist(name) if isinstance(field, MultipleChoiceField) else data[name]
    return found


def run(spec: VerbSpec, rows: Sequence[Row], user: User, data: Mapping[str, Any], now: datetime) -> list[Outcome]:
    """Do the verb to each: all that is not refused is written in one transaction, in a handful of statements.

    `data`: the verb's keyword arguments. A row that has moved on since it was ticked is refused.
    """
    seen = {row.case.pk: row.seen for row in rows}
    found: dict[int, Outcome] = {}
    with Book(source=Source.ADMIN) as book:
        for case in book.load(seen):
            try:
                verbs.not_moved_on(case, spec.name, seen[case.pk])
                spec.run(case, book, by=user, now=now, data=data)
            except Refused as refused:
                book.discard(case)
                found[case.pk] = Outcome(case, refused.sentence)
            else:
                found[case.pk] = Outcome(case, "")
    return [found[pk] for pk in seen]
