"""What only the clock does."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from apps.cases import audience, checks, moves
from apps.cases.deadlines import Kind
from apps.cases.models import (
    Case,
    Confirmation,
    HandOffKind,
)
from apps.notifications.models import Key, Why
from apps.people.models import User
from apps.policy import rules

if TYPE_CHECKING:
    from apps.cases.ledger import Book


def climb(case: Case, book: Book, *, by: User, now: datetime, step: rules.RungStep) -> None:
    """The clock's: nobody accepted, so the next rung of the ladder is told."""
    draft = book.draft(case)
    checks.state_allows(case, "climb")
    case.climb(rung=step.rung.position, repeats=step.repeat)
    draft.clocks.enter_escalated(now, wait=step.rung.wait)
    draft.tell(
        Key.ESCALATED, moves.rung_groups(draft, step.rung), by=by, now=now, reason=_("Nobody has accepted it yet.")
    )
    draft.record(
        "climb", by=by, now=now, from_state=case.state, details={"rung": case.rung, "repeat": case.rung_repeats}
    )


def record_no_answer(case: Case, book: Book, *, by: User, now: datetime) -> None:
    """The clock's: the customer did not answer. That is no yes."""
    draft = book.draft(case)
    checks.state_allows(case, "confirm")
    case.confirm(confirmation=Confirmation.NO_ANSWER, satisfaction=None)
    draft.record("record_no_answer", by=by, now=now, from_state=case.state)


def take_back(case: Case, book: Book, *, by: User, now: datetime) -> None:
    """The clock's: nothing happened for too long, so the acceptance is taken back and the team is asked anew."""
    draft = moves.begin(case, book, "escalate", by)
    reason = _("No activity for too long; the case waits for someone to accept it.")
    draft.tell(
        Key.REMINDER, audience.person(case.owner_id, Why.FORMER_OWNER), by=by, now=now, clock_label=Kind.STALE.label
    )
    moves.pass_up(draft, HandOffKind.FUNCTIONAL, case.team, by=by, now=now, reason=reason)


def remind(case: Case, book: Book, *, by: User, now: datetime, kind: Kind, is_raised: bool = False) -> None:
    """The clock's: a limit has passed. Those who can still act are reminded; `is_raised`: the level above instead."""
    draft = book.draft(case)
    groups = moves.holders(draft, kind)
    if is_raised and (above := moves.where_to(draft, HandOffKind.HIERARCHICAL)) is not None:
        groups = audience.team(above.pk, Why.REVIEWER)
    draft.tell(Key.REMINDER, groups, by=by, now=now, clock_label=kind.label)
    if kind == Kind.STATUS_UPDATE:
        draft.tell(Key.STATUS, audience.reporter(case), by=by, now=now)
    draft.record("remind", by=by, now=now, from_state=case.state, details={"clock": str(kind)})


def alarm(case: Case, book: Book, *, by: User, now: datetime, kind: Kind) -> None:
    """The clock's: a limit has passed at the very top, so the policy owner is alarmed."""
    draft = book.draft(case)
    draft.tell(Key.ALARM, audience.policy_owners(), by=by, now=now, clock_label=kind.label)
    draft.record("alarm", by=by, now=now, from_state=case.state, details={"clock": str(kind)})
