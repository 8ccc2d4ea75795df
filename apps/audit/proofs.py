"""Verifications that were asked for on a page: carried on by a worker, their progress in a row that everybody sees.

The row is written over a connection of its own, beside the snapshot in which the journal is read. One runs at a time, so
that the other workers stay free. `beat_at` is the claim: a worker that falls silent for STUCK_AFTER loses it, and the
next nudge reads anew; who has lost the claim writes nothing more.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from time import monotonic

from django.db import connections, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from apps.audit import trail
from apps.audit.models import Verification
from apps.audit.verification import MOST_FAULTS, Report, entries_of

State = Verification.State
STUCK_AFTER = timedelta(minutes=10)  # well above the longest single statement on millions of rows
MOST_ATTEMPTS = 5  # whatever keeps killing its worker is given up
BEAT = 1.0  # seconds between two signs of life


def request(*, subject: str, since: datetime | None, by: str, now: datetime) -> Verification:
    """Have the journal verified; one that waits or runs already for the same is returned instead."""
    with transaction.atomic():
        same = Verification.objects.filter(subject=subject, since=since).exclude(state=State.DONE)
        return same.first() or Verification.objects.create(
            subject=subject, since=since, requested_by=by, requested_at=now
        )


def run(now: datetime) -> int:
    """Carry on what waits and what a dead worker left, one after the other; returns how many. Not in a transaction."""
    done = 0
    while (verification := _claim(now if not done else timezone.now())) is not None:
        _read(verification)
        done += 1
    return done


def _claim(now: datetime) -> Verification | None:
    with transaction.atomic():
        silent = Q(state=State.RUNNING, beat_at__lte=now - STUCK_AFTER)
        given_up = Verification.objects.filter(silent, attempts__gte=MOST_ATTEMPTS)
        fault = ["", _("The verification was broken off %(count)d times and given up.") % {"count": MOST_ATTEMPTS}]
        given_up.update(state=State.DONE, finished_at=now, fault_count=1, faults=[fault])
        rows = Verification.objects.select_for_update().exclude(state=State.DONE).order_by("id")
        beats = [row.beat_at for row in rows if row.state == State.RUNNING and row.beat_at is not None]
        if not rows or any(beat > now - STUCK_AFTER for beat in beats):
            return None
        row = rows[0]
        row.state, row.beat_at, row.attempts = State.RUNNING, now, row.attempts + 1
        row.entries = row.chains = row.seals = row.redacted = 0
        row.save()
    return row


def _read(row: Verification) -> None:
    with _Progress(row) as progress:
        progress.begin(entries_of(row.subject or None, row.since).count())
        report = trail.verify(subject=row.subject or None, since=row.since, progress=progress.note)
        progress.end(report)


class _Lost(Exception):
    """Another worker has the verification now."""


class _Progress:
    """Writes the row over a second connection, no more often than every BEAT seconds."""

    def __init__(self, row: Verification) -> None:
        self._row, self._beat = row, row.beat_at
        self._connection = connections.create_connection("default")
        self._noted = monotonic()

    def __enter__(self) -> _Progress:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> bool:
        self._connection.close()
        return kind is not None and issubclass(kind, _Lost)

    def begin(self, total: int) -> None:
        self._write(total=total)

    def note(self, report: Report) -> None:
        if monotonic() - self._noted >= BEAT:
            self._noted = monotonic()
            self._write(**_numbers(report))

    def end(self, report: Report) -> None:
        faults = [[fault.where, fault.sentence] for fault in report.faults[:MOST_FAULTS]]
        row, now = self._row, timezone.now()
        held = Verification.objects.filter(pk=row.pk, state=State.RUNNING, beat_at=self._beat)
        held.update(
            state=State.DONE,
            finished_at=now,
            total=report.entries,
            upto=parse_datetime(report.upto) if report.upto else None,
            faults=faults,
            **_numbers(report),
        )

    def _write(self, **columns: int) -> None:
        """Raises _Lost where the claim is gone."""
        now = timezone.now()
        adapt = self._connection.ops.adapt_datetimefield_value
        names = ", ".join(f"{name} = %s" for name in columns)
        table = Verification._meta.db_table
        with self._connection.cursor() as cursor:
            cursor.execute(
                f"UPDATE {table} SET {names}, beat_at = %s WHERE id = %s AND state = 'RUNNING' AND beat_at = %s",  # noqa: S608
                [*columns.values(), adapt(now), self._row.pk, adapt(self._beat)],
            )
            if cursor.rowcount != 1:
                raise _Lost
        self._beat = now


def _numbers(report: Report) -> dict[str, int]:
    names = ("entries", "chains", "seals", "redacted", "fault_count")
    return {name: getattr(report, name) for name in names}
