"""The sweep: what is due happens, through the same verbs as all else. Any number of workers may sweep at once."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.conf import settings
from django.db import DatabaseError, transaction
from django.db.models import Min
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import override

from apps.audit.models import Source
from apps.cases import actions, moves
from apps.cases.deadlines import Kind
from apps.cases.ledger import Book, Draft, push_back
from apps.cases.models import Case, Deadline, HandOffKind, SweepStatus
from apps.cases.routing import Directory
from apps.cases.templatetags.case_words import span
from apps.notifications.models import Key
from apps.people.models import User
from apps.policy import rules

logger = logging.getLogger(__name__)

BATCH = 500  # cases a transaction
LATE_AFTER = timedelta(seconds=60)  # four missed nudges


@dataclass
class Swept:
    """What one sweep did. `lateness`: how long the most overdue row had been waiting for its look."""

    fired: Counter[str] = field(default_factory=Counter)
    warned: int = 0
    failed: int = 0
    lateness: timedelta = timedelta(0)

    def add(self, other: Swept) -> None:
        self.fired.update(other.fired)
        self.warned += other.warned
        self.failed += other.failed


def sweep(now: datetime, *, is_silent: bool = False, directory: Directory | None = None) -> Swept:
    """Let every clock that is due by `now` warn or fire, in batches of locked cases.

    Cases that another sweeper or a person has locked are left to the next sweep. A case whose clock raises is pushed
    back with a growing delay, its error kept on the clock; the others go on. `is_silent` and `directory` as in `Book`.
    """
    swept = Swept()
    frame: _Frame | None = None
    handled: set[int] = set()
    passed_over: set[int] = set()  # still due after their turn: locked by somebody else
    with override(settings.LANGUAGE_CODE):  # what the clock writes down is in the house's language
        while True:
            rows = Deadline.objects.filter(next_at__lte=now).order_by("next_at").values_list("case_id", "next_at")
            due = [(pk, at) for pk, at in rows[: BATCH + len(passed_over)] if at and pk not in passed_over]
            passed_over.update(pk for pk, _at in due if pk in handled)
            fresh = [(pk, at) for pk, at in due if pk not in handled]
            if not fresh:
                if not due:
                    return swept
                continue
            swept.lateness = max([swept.lateness, *(now - at for _pk, at in fresh)])
            ids = list(dict.fromkeys(pk for pk, _at in fresh))
            handled.update(ids)
            frame = frame or _Frame(now, User.objects.clock(), swept, is_silent, directory)
            try:
                frame.run(ids)
            except Exception:
                # What one case lets fail at writing (a row that the database refuses, a letter) stops no other.
                logger.exception("A batch of %d cases could not be written; trying them one by one.", len(ids))
                for pk in ids:
                    frame.run_alone(pk)


@dataclass
class _Frame:
    now: datetime
    clock: User
    swept: Swept
    is_silent: bool
    directory: Directory | None

    def run(self, ids: Sequence[int]) -> None:
        batch = Swept()
        errors: dict[int, str] = {}
        with Book(source=Source.CLOCK, is_silent=self.is_silent, directory=self.directory) as book:
            for case in book.load(ids, skip_locked=True):
                try:
                    part = look_at(case, book, by=self.clock, now=self.now)
                except DatabaseError:
                    raise
                except Exception as error:  # whatever is wrong with one case is shown there, and stays there
                    logger.exception("The clocks of %s could not be handled.", case.number)
                    book.discard(case)
                    errors[case.pk] = f"{type(error).__name__}: {error}"
                else:
                    batch.add(part)
        push_back(errors, now=self.now)
        batch.failed = len(errors)
        self.swept.add(batch)

    def run_alone(self, pk: int) -> None:
        try:
            self.run([pk])
        except Exception as error:
            logger.exception("The clocks of case %d could not be written.", pk)
            push_back({pk: f"{type(error).__name__}: {error}"}, now=self.now)
            self.swept.failed += 1


def look_at(case: Case, book: Book, *, by: User, now: datetime) -> Swept:
    """Let the case's clocks warn and fire, the longest due first; one that an earlier one ended is passed over."""
    draft, swept = book.draft(case), Swept()
    due = sorted(
        (row for row in draft.clocks.live.values() if row.next_at is not None and row.next_at <= now),
        key=lambda row: (row.due_at, row.kind),
    )
    for row in due:
        kind = Kind(row.kind)
        if draft.clocks.live.get(kind) is not row or row.next_at is None:
            continue
        if now < row.due_at:
            draft.clocks.warn(kind, now)
            draft.tell(Key.WARNING, moves.holders(draft, kind), by=by, now=now, clock_label=kind.label)
            swept.warned += 1
        else:
            draft.clocks.fire(kind, now)
            _FIRE[kind](draft, row, by, now)
            swept.fired[kind] += 1
    return swept


# --- what a clock does when it falls due (product.md, "The clocks") ---------------------------------------------------


def _first_response(draft: Draft, row: Deadline, by: User, now: datetime) -> None:
    actions.remind(draft.case, draft.book, by=by, now=now, kind=Kind.FIRST_RESPONSE)


def _first_line_limit(draft: Draft, row: Deadline, by: User, now: datetime) -> None:
    _escalate(draft, HandOffKind.FUNCTIONAL, _("The first line's time limit has passed."), row, by, now)


def _acceptance(draft: Draft, row: Deadline, by: User, now: datetime) -> None:
    case, ladder = draft.case, draft.clocks.row.ladder
    step = rules.next_rung(ladder, case.rung, case.rung_repeats)
    if isinstance(step, rules.RungStep):
        actions.climb(case, draft.book, by=by, now=now, step=step)
    else:
        reason = _("Nobody accepted the case on level %(level)d.") % {"level": case.level.rank}
        _escalate(draft, HandOffKind.HIERARCHICAL, reason, row, by, now)


def _resolution(draft: Draft, row: Deadline, by: User, now: datetime) -> None:
    _escalate(draft, HandOffKind.HIERARCHICAL, _("The resolution limit has passed."), row, by, now)


def _status_update(draft: Draft, row: Deadline, by: User, now: datetime) -> None:
    draft.clocks.start(Kind.STATUS_UPDATE, minutes=draft.clocks.row.status_interval, now=now, round=row.round + 1)
    actions.remind(draft.case, draft.book, by=by, now=now, kind=Kind.STATUS_UPDATE)


def _stale(draft: Draft, row: Deadline, by: User, now: datetime) -> None:
    if row.round == 1:
        draft.clocks.start(Kind.STALE, minutes=draft.clocks.row.stale_limit, now=now, round=2)
        actions.remind(draft.case, draft.book, by=by, now=now, kind=Kind.STALE)
    else:
        actions.take_back(draft.case, draft.book, by=by, now=now)


def _requested(draft: Draft, row: Deadline, by: User, now: datetime) -> None:
    actions.remind(draft.case, draft.book, by=by, now=now, kind=Kind.REQUESTED)


def _confirmation(draft: Draft, row: Deadline, by: User, now: datetime) -> None:
    actions.record_no_answer(draft.case, draft.book, by=by, now=now)


def _review(draft: Draft, row: Deadline, by: User, now: datetime) -> None:
    draft.clocks.start(Kind.REVIEW, minutes=draft.clocks.row.review_limit, now=now, round=row.round + 1)
    actions.remind(draft.case, draft.book, by=by, now=now, kind=Kind.REVIEW, is_raised=row.round > 1)


def _hold(draft: Draft, row: Deadline, by: User, now: datetime) -> None:
    actions.resume(draft.case, draft.book, by=by, now=now)


_FIRE: dict[Kind, Callable[[Draft, Deadline, User, datetime], None]] = {
    Kind.FIRST_RESPONSE: _first_response,
    Kind.FIRST_LINE_LIMIT: _first_line_limit,
    Kind.ACCEPTANCE: _acceptance,
    Kind.RESOLUTION: _resolution,
    Kind.STATUS_UPDATE: _status_update,
    Kind.STALE: _stale,
    Kind.REQUESTED: _requested,
    Kind.CONFIRMATION: _confirmation,
    Kind.REVIEW: _review,
    Kind.HOLD: _hold,
}


def _escalate(draft: Draft, kind: HandOffKind, reason: str, row: Deadline, by: User, now: datetime) -> None:
    """Escalate where the policy points; at the very top raise the alarm, and again at the ladder's interval."""
    if moves.where_to(draft, kind) is not None:
        actions.escalate(draft.case, draft.book, by=by, now=now, kind=kind, reason=reason)
        return
    interval = draft.clocks.row.ladder.alarm_interval
    draft.clocks.start(Kind(row.kind), minutes=interval, now=now, round=row.round + 1)
    actions.alarm(draft.case, draft.book, by=by, now=now, kind=Kind(row.kind))


# --- how the sweep is doing -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Health:
    """`reasons` are sentences; none means healthy. `failing` clocks are set aside and hold up nobody else."""

    swept_at: datetime | None
    waiting: timedelta  # how long the most overdue clock has been waiting right now
    worst_lateness: timedelta  # of the day
    failing: int
    reasons: tuple[str, ...]


def record(swept: Swept, now: datetime) -> None:
    """Keep the time of the last sweep and the greatest lateness of the day (by settings.TIME_ZONE)."""
    today = timezone.localdate(now, timezone.get_default_timezone())
    lateness = int(swept.lateness.total_seconds())
    with transaction.atomic():
        status = SweepStatus.objects.select_for_update().filter(pk=1).first()
        worst = max(lateness, status.worst_lateness) if status and status.worst_on == today else lateness
        SweepStatus.objects.update_or_create(
            pk=1, defaults={"swept_at": now, "lateness": lateness, "worst_lateness": worst, "worst_on": today}
        )


def health(now: datetime) -> Health:
    """Whether clocks are looked at in time; three statements, however many cases."""
    status = SweepStatus.objects.filter(pk=1).first()
    oldest = Deadline.objects.filter(next_at__lte=now).aggregate(oldest=Min("next_at"))["oldest"]
    failing = Deadline.objects.filter(next_at__isnull=False, attempts__gt=0).count()
    waiting = now - oldest if oldest else timedelta(0)
    reasons = []
    if status is None:
        reasons.append(_("The clock has never been swept. Is the worker running?"))
    elif now - status.swept_at > LATE_AFTER:
        at = date_format(timezone.localtime(status.swept_at), "SHORT_DATETIME_FORMAT")
        reasons.append(_("The last sweep was at %(at)s. Is the worker running?") % {"at": at})
    if waiting > LATE_AFTER:
        reasons.append(_("A clock has been due for %(span)s.") % {"span": span(waiting)})
    return Health(
        swept_at=status.swept_at if status else None,
        waiting=waiting,
        worst_lateness=timedelta(seconds=status.worst_lateness if status else 0),
        failing=failing,
        reasons=tuple(reasons),
    )
