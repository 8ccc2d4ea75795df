"""How a case ends, and how it begins again: resolved, confirmed, reopened, reviewed."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from apps.cases import audience, checks, moves
from apps.cases.checks import Refused
from apps.cases.deadlines import Kind
from apps.cases.models import (
    Case,
    Confirmation,
    HandOffKind,
    LinkKind,
    Review,
    Visibility,
)
from apps.notifications.models import Key, Why
from apps.people.models import User
from apps.policy.models import Verb

if TYPE_CHECKING:
    from apps.cases.ledger import Book


def resolve(
    case: Case,
    book: Book,
    *,
    by: User,
    now: datetime,
    outcome: str,
    resolution: str,
    cause: str = "",
    prevention: str = "",
    duplicate_of: Case | None = None,
    checklist: Collection[int] = (),
) -> None:
    """Settle the case; demands the authority for its amount and kind.

    All but a duplicate or a withdrawn case needs a cause and the checklist, P1 and P2 also a prevention.
    """
    draft = moves.begin(case, book, "resolve", by)
    checks.result_is_complete(case, outcome, resolution, cause, prevention, duplicate_of)
    if outcome not in checks.NOTHING_DONE and not book.is_import:
        checks.checklist_ticked(draft.rulebook, Verb.RESOLVE, case.category_id, checklist)
    checks.authority_suffices(case, by)
    from_state = case.state
    moves.end_hold(draft, now)
    if duplicate_of is not None and not case.links.filter(kind=LinkKind.DUPLICATE_OF, other=duplicate_of).exists():
        moves.add_link(draft, LinkKind.DUPLICATE_OF, duplicate_of)
    case.resolve(outcome=outcome, resolution=resolution, cause=cause, prevention=prevention, at=now)
    draft.clocks.enter_resolved(now)
    moves.write_down(draft, "resolve", resolution, by=by, now=now, visibility=Visibility.REPORTER)
    result = {"resolution": resolution, "cause": cause, "prevention": prevention}
    concerned = audience.reporter(case) + audience.team(case.team_id, Why.CONCERNED)
    draft.tell(Key.RESOLVED, concerned, by=by, now=now, **result)
    draft.tell(Key.CONFIRMATION, audience.customer(case), by=None, now=now)
    draft.record("resolve", by=by, now=now, from_state=from_state, details={"outcome": outcome})


def confirm(case: Case, book: Book, *, by: User | None, now: datetime, satisfaction: int | None = None) -> None:
    """The customer says that it is settled, themselves by the link or through a member of staff."""
    draft = moves.begin(case, book, "confirm", by)
    if case.confirmation in (Confirmation.SETTLED, Confirmation.NOT_SETTLED):
        raise Refused("answered", _("The answer was given already. Thank you."))
    if satisfaction is not None and satisfaction not in range(1, 6):
        raise Refused("range", _("Please choose a satisfaction from 1 to 5."), field="satisfaction")
    case.confirm(confirmation=Confirmation.SETTLED, satisfaction=satisfaction)
    draft.clocks.settle(Kind.CONFIRMATION, now)
    draft.record("confirm", by=by, now=now, from_state=case.state)


def reopen(case: Case, book: Book, *, by: User | None, now: datetime, reason: str) -> None:
    """Not settled after all: `reason` is what is still wrong. The second time it goes up a level as well."""
    draft = moves.begin(case, book, "reopen", by)
    checks.filled(reason, _("what is still wrong"), field="reason")
    if case.owner is None:
        raise Refused("no_owner", _("%(number)s has nobody to go back to.") % {"number": case.number})
    from_state = case.state
    case.reopen(owner=case.owner, at=now)
    draft.clocks.settle(Kind.CONFIRMATION, now)  # a no is an answer too
    moves.write_down(draft, "reopen", reason, by=by, now=now, visibility=Visibility.REPORTER)
    draft.clocks.enter_in_progress(now)
    draft.tell(
        Key.REOPENED, audience.person(case.owner_id, Why.OWNER) + audience.reporter(case), by=by, now=now, reason=reason
    )
    draft.record("reopen", by=by, now=now, from_state=from_state, reason=reason)
    if case.reopenings >= 2 and (above := moves.where_to(draft, HandOffKind.HIERARCHICAL)) is not None:
        sentence = _("Reopened %(count)d times: %(reason)s") % {"count": case.reopenings, "reason": reason}
        moves.pass_up(draft, HandOffKind.HIERARCHICAL, above, by=by, now=now, reason=sentence)


def review(
    case: Case,
    book: Book,
    *,
    by: User,
    now: datetime,
    verdict: str,
    worked: bool,
    may_recur: bool,
    thanks: str,
    lesson: str = "",
) -> None:
    """Look back and close. Written by someone other than the owner, never without a word of thanks."""
    draft = moves.begin(case, book, "review", by)
    checks.not_the_owner(case, by)
    checks.filled(verdict, _("verdict"), field="verdict")
    checks.filled(thanks, _("word of thanks"), field="thanks")
    from_state = case.state
    case.review(at=now)
    draft.clocks.enter_reviewed(now)
    draft.review = Review(
        case=case, by=by, at=now, verdict=verdict, worked=worked, may_recur=may_recur, lesson=lesson, thanks=thanks
    )
    groups = audience.reporter(case) + audience.person(case.owner_id, Why.OWNER)
    draft.tell(Key.REVIEWED, groups, by=by, now=now, lesson=lesson, thanks=thanks)
    draft.record("review", by=by, now=now, from_state=from_state, details={"verdict": verdict})
