"""What the people who have the case do meanwhile: answer, wait, write, link."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from apps.cases import audience, checks, moves
from apps.cases.checks import Refused
from apps.cases.deadlines import Kind
from apps.cases.models import (
    Case,
    LinkKind,
    Pause,
    Visibility,
)
from apps.notifications.models import Key, Why
from apps.people.models import User

if TYPE_CHECKING:
    from apps.cases.ledger import Book


def respond(case: Case, book: Book, *, by: User, now: datetime, told: str) -> None:
    """The first line answered the customer: `told` is what the customer was told. A case without a holder gets one."""
    draft = moves.begin(case, book, "respond", by)
    checks.filled(told, _("what the customer was told"), field="told")
    case.respond(owner=case.owner or by, at=now)
    draft.clocks.settle(Kind.FIRST_RESPONSE, now)
    moves.write_down(draft, "respond", told, by=by, now=now, visibility=Visibility.REPORTER)
    draft.record("respond", by=by, now=now, from_state=case.state)


def hold(
    case: Case, book: Book, *, by: User, now: datetime, waiting_for: str, until: datetime, reason: str = ""
) -> None:
    """Stop the clocks of working time until `until`, when the case resumes by itself, or until `resume`."""
    draft = moves.begin(case, book, "hold", by)
    checks.filled(waiting_for, _("waiting for"), field="waiting_for")
    checks.filled(until, _("until"), field="until")
    if until <= now:
        raise Refused("past", _("“Until” lies in the past. Please name a later moment."), field="until")
    if case.held_at is not None:
        raise Refused("held", _("%(number)s is on hold already.") % {"number": case.number})
    case.hold(at=now)
    draft.clocks.note_activity(now, told_reporter=False)
    draft.clocks.pause(now)
    draft.clocks.start_until(Kind.HOLD, due_at=until, now=now)
    draft.put_pause(Pause(case=case, waiting_for=waiting_for, reason=reason, began_at=now, until=until, by=by))
    draft.record("hold", by=by, now=now, from_state=case.state, reason=reason, details={"waiting_for": waiting_for})


def resume(case: Case, book: Book, *, by: User, now: datetime) -> None:
    """Go on after a hold; the clocks get its time back."""
    draft = moves.begin(case, book, "resume", by)
    if case.held_at is None:
        raise Refused("not_held", _("%(number)s is not on hold.") % {"number": case.number})
    case.resume()
    moves.end_pause(draft, now)
    if by.is_system:
        draft.tell(Key.REMINDER, audience.person(case.owner_id, Why.OWNER), by=by, now=now, clock_label=Kind.HOLD.label)
    draft.record("resume", by=by, now=now, from_state=case.state)


def note(case: Case, book: Book, *, by: User, now: datetime, text: str, visibility: str = Visibility.INTERNAL) -> None:
    """Write on the timeline: internal, visible to the reporter, or visible to the customer."""
    draft = moves.begin(case, book, "note", by)
    checks.filled(text, _("text"), field="text")
    moves.write_down(draft, "note", text, by=by, now=now, visibility=visibility)
    draft.record("note", by=by, now=now, from_state=case.state, details={"visibility": visibility})


def link(case: Case, book: Book, *, by: User, now: datetime, kind: str, other: Case) -> None:
    """Say how two cases belong together: duplicate of, recurrence of, part of."""
    draft = moves.begin(case, book, "link", by)
    checks.not_linked(case, kind, other)
    moves.add_link(draft, LinkKind(kind), other)
    draft.record("link", by=by, now=now, from_state=case.state, details={"kind": kind, "other": other.number})
