"""Sending a report once, however often the button is pressed, and what goes with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import TextChoices
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.audit.models import Source
from apps.cases import actions
from apps.cases.files import Incoming
from apps.cases.ledger import Book, one_case
from apps.cases.models import Case, HandOffKind, State
from apps.desk.models import SentReport
from apps.people.models import Role, Team, User


class Intent(TextChoices):
    """What the person who reports wants of the others: the four ways out of the flow before sending."""

    REPORT = "REPORT", gettext_lazy("I can settle it myself; it should only be on record")
    INFORM = "INFORM", gettext_lazy("I can settle it, but the lead should know")
    CONSULT = "CONSULT", gettext_lazy("I keep it, but I need advice from the lead")
    ESCALATE = "ESCALATE", gettext_lazy("I cannot settle it; somebody else should take it")


@dataclass(frozen=True, slots=True)
class Order:
    """What comes with a report: what is wanted of others, where it is stuck, what was checked, the files."""

    intent: Intent = Intent.REPORT
    stuck_on: str = ""
    checklist: tuple[int, ...] = ()
    files: Sequence[Incoming] = ()


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
    order: Order = Order(),
) -> Case:
    """The case that this form makes; sent again with the same content, the case that it made.

    Who can settle it keeps it; else the lead is told or asked, or it is escalated as the policy says, unless a trigger
    has done so already. All of it or nothing. Raises SentBefore when the content differs (a form changed after
    'back'), and Refused.
    """
    try:
        with transaction.atomic():
            sent = SentReport.objects.create(token=token, by=by)
            with Book(source=Source.DESK) as book:
                case = actions.receive(book, by=by, now=now, sheet=sheet, team=team, files=order.files)
            _go_on(case, order, by=by, team=team, now=now)
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


def _go_on(case: Case, order: Order, *, by: User, team: Team, now: datetime) -> None:
    if order.intent == Intent.REPORT:
        return
    with one_case(case.pk, source=Source.DESK) as (received, book):
        if order.intent == Intent.ESCALATE:
            if received.state == State.RECEIVED:
                kind, reason, ticked = HandOffKind.FUNCTIONAL, order.stuck_on, order.checklist
                actions.escalate(received, book, by=by, now=now, kind=kind, reason=reason, checklist=ticked)
            return
        leads = User.objects.people().filter(memberships__team=team, memberships__role=Role.LEAD).exclude(pk=by.pk)
        asks = order.intent == Intent.CONSULT
        text = _("Advice wanted: %(what)s") % {"what": order.stuck_on} if asks else _("For your information.")
        actions.note(received, book, by=by, now=now, text=text, mentioned=list(leads.distinct()))
