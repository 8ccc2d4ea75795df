"""What people say to each other about a case: notes, files, and who wants to hear how it goes on."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from apps.cases import audience, checks, mentions, moves
from apps.cases.checks import Refused
from apps.cases.files import Incoming
from apps.cases.models import Case, Follower, Visibility
from apps.notifications.models import Key
from apps.people.models import User

if TYPE_CHECKING:
    from apps.cases.ledger import Book


def note(
    case: Case,
    book: Book,
    *,
    by: User,
    now: datetime,
    text: str,
    visibility: str = Visibility.INTERNAL,
    files: Sequence[Incoming] = (),
    mentioned: Collection[User] = (),
) -> None:
    """Write on the timeline. A note for the reporter or the customer is sent to them, too.

    Who is `mentioned`, also as @username in the text, is told; a name in the text of somebody who may not read the note
    stays text. Files that come with a note for the customer are for the reporter: they are not mailed.
    """
    draft = moves.begin(case, book, "note", by)
    checks.filled(text, _("text"), field="text")
    if visibility == Visibility.CUSTOMER:
        checks.customer_has_address(case)
    people = mentions.of_note(case, text, mentioned, by=by, visibility=visibility)
    for_reporter = Visibility.INTERNAL if visibility == Visibility.INTERNAL else Visibility.REPORTER
    kept = moves.keep_files(draft, files, by=by, now=now, visibility=for_reporter)
    moves.write_down(draft, "note", text, by=by, now=now, visibility=visibility)
    draft.tell(Key.MENTIONED, audience.mentioned(people), by=by, now=now, text=text)
    if visibility == Visibility.REPORTER:
        draft.tell(Key.NOTE, audience.reporter(case), by=by, now=now, text=text, files=moves.names_of(files))
    if visibility == Visibility.CUSTOMER:
        draft.tell(Key.CUSTOMER_NOTE, audience.customer(case), by=by, now=now, text=text)
    details: dict[str, object] = {"visibility": visibility}
    if kept:
        details["files"] = kept
    if people:
        details["mentioned"] = [user.pk for user in people]
    draft.record("note", by=by, now=now, from_state=case.state, details=details)


def attach(
    case: Case,
    book: Book,
    *,
    by: User,
    now: datetime,
    files: Sequence[Incoming],
    visibility: str = Visibility.INTERNAL,
) -> None:
    """Add files. The reporter is told of those that are for their eyes."""
    draft = moves.begin(case, book, "attach", by)
    if not files:
        raise Refused("missing", _("Please choose at least one file."), field="files")
    kept = moves.keep_files(draft, files, by=by, now=now, visibility=visibility)
    for_reporter = visibility != Visibility.INTERNAL
    draft.clocks.note_activity(now, told_reporter=for_reporter)
    if for_reporter:
        draft.tell(Key.NOTE, audience.reporter(case), by=by, now=now, files=moves.names_of(files))
    details = {"visibility": visibility, "files": kept}
    draft.record("attach", by=by, now=now, from_state=case.state, details=details)


def follow(case: Case, book: Book, *, by: User, now: datetime) -> None:
    """Hear how the case goes on, for everybody who may read it. Following twice is following."""
    draft = book.draft(case)
    checks.state_allows(case, "follow")
    checks.reader(case, "follow", by)
    if not Follower.objects.filter(case=case, user=by).exists():
        draft.followers.append(Follower(case=case, user=by, since=now))
        draft.record("follow", by=by, now=now, from_state=case.state)


def unfollow(case: Case, book: Book, *, by: User, now: datetime) -> None:
    """Hear no more of it than one has to."""
    draft = book.draft(case)
    checks.state_allows(case, "unfollow")
    checks.reader(case, "unfollow", by)
    if (row := Follower.objects.filter(case=case, user=by).first()) is not None:
        draft.unfollowed.append(row)
        draft.record("unfollow", by=by, now=now, from_state=case.state)
