"""Sending a report once, however often the button is pressed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction

from apps.audit.models import Source
from apps.cases import actions
from apps.cases.files import Incoming
from apps.cases.ledger import Book
from apps.cases.models import Case
from apps.desk.models import SentReport
from apps.people.models import Team, User


class SentBefore(Exception):
    """This form made a case already, and what it said was something else."""

    def __init__(self, case: Case) -> None:
        super().__init__(case.number)
        self.case = case


def first_line_team(user: User) -> Team | None:
    """Where a report of theirs begins: of their teams the one nearest to the customer. None: they are in no team."""
    teams = sorted((m.team for m in user.membership_list), key=lambda team: (team.level.rank, team.pk))
    return teams[0] if teams else None


def send(
    token: UUID,
    sheet: Mapping[str, object],
    *,
    by: User,
    team: Team,
    now: datetime,
    files: Sequence[Incoming] = (),
) -> Case:
    """The case that this form makes; sent again with the same content, the case that it made.

    Raises SentBefore when the content differs (a form changed after 'back'), and Refused.
    """
    try:
        with transaction.atomic():
            sent = SentReport.objects.create(token=token, by=by)
            with Book(source=Source.DESK) as book:
                case = actions.receive(book, by=by, now=now, sheet=sheet, team=team, files=files)
            sent.case = case
            sent.save(update_fields=["case"])
            return case
    except IntegrityError:
        before = Case.objects.filter(pk__in=SentReport.objects.filter(token=token, by=by).values("case")).first()
        if before is None:
            raise
    if all(getattr(before, name) == value for name, value in sheet.items()):
        return before
    raise SentBefore(before)
