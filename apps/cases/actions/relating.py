"""How cases belong together: linked, or one of them merged into the other."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from apps.cases import checks, moves
from apps.cases.models import Case, Follower, LinkKind, Outcome, Update, Visibility
from apps.people.models import User

if TYPE_CHECKING:
    from apps.cases.ledger import Book


def link(case: Case, book: Book, *, by: User, now: datetime, kind: str, other: Case) -> None:
    """Say how two cases belong together: duplicate of, recurrence of, part of."""
    draft = moves.begin(case, book, "link", by)
    checks.not_linked(case, kind, other)
    checks.no_circle(case, kind, other, field="other")
    moves.add_link(draft, LinkKind(kind), other)
    draft.record("link", by=by, now=now, from_state=case.state, details={"kind": kind, "other": other.number})


def merge(case: Case, book: Book, *, by: User, now: datetime, into: Case) -> None:
    """Settle the case as a duplicate of `into`, which the Book has locked as well, and go on there.

    Who followed the case, and who reported it, follow the original. The customer is not asked: nothing is settled yet.
    """
    draft = moves.begin(case, book, "merge", by)
    checks.other_case(case, into, field="into")
    checks.readable(into, by, field="into")
    checks.takes_duplicates(into, field="into")
    checks.no_circle(case, LinkKind.DUPLICATE_OF, into, field="into")
    checks.authority_suffices(case, by)
    original = book.draft(book.locked(into.pk))
    into, from_state = original.case, case.state
    resolution = _("The same matter as %(number)s. It goes on there.") % {"number": into.number}
    moves.settle(
        draft, "merge", by=by, now=now, outcome=Outcome.DUPLICATE, resolution=resolution, duplicate_of=into, asks=False
    )
    rows = list(Follower.objects.filter(case__in=[case.pk, into.pk]).order_by("since", "pk"))
    draft.unfollowed += [row for row in rows if row.case_id == case.pk]
    there = {row.user_id for row in rows if row.case_id == into.pk} | {into.reporter_id, None}
    coming = [row.user_id for row in rows if row.case_id == case.pk]
    for user_id in dict.fromkeys([*coming, case.reporter_id]):
        if user_id not in there:
            original.followers.append(Follower(case=into, user_id=user_id, since=now))
    text = _("%(number)s is the same matter and was merged into this case.") % {"number": case.number}
    original.updates.append(Update(case=into, at=now, by=by, verb="take_in", visibility=Visibility.INTERNAL, text=text))
    draft.record("merge", by=by, now=now, from_state=from_state, details={"into": into.number})
    original.record("take_in", by=by, now=now, from_state=into.state, details={"from": case.number})
