"""The day's last seal told to a witness outside: what was sealed by then cannot be made anew without the witness seeing it.

One row a day (`SealReport`), posted as JSON to settings.SEAL_WEBHOOK_URL with retries. Mail goes its own way, through
the outbox of a higher app, which takes the same row.
"""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import HTTPRedirectHandler, Request, build_opener

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from apps.audit.canonical import moment
from apps.audit.models import Seal, SealReport

State = SealReport.State
BACKOFF = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=6),
    timedelta(hours=12),
    timedelta(hours=24),
)
TIMEOUT = 15  # seconds
MOST_SAID = 500  # signs of an answer that are kept


def report(now: datetime) -> SealReport | None:
    """The row of today (by settings.TIME_ZONE) over the last seal; None until there is a seal that no row names yet."""
    day = timezone.localtime(now, timezone.get_default_timezone()).date()
    seal = Seal.objects.order_by("-number").first()
    if seal is None:
        return None
    with transaction.atomic():
        found = SealReport.objects.filter(day=day).first()
        if found is not None or SealReport.objects.filter(seal=seal).exists():
            return found
        url = settings.SEAL_WEBHOOK_URL
        row, _is_new = SealReport.objects.get_or_create(
            day=day,
            defaults={
                "seal": seal,
                "created_at": now,
                "url": url,
                "state": State.QUEUED if url else State.NONE,
                "next_try_at": now if url else None,
            },
        )
    return row


def post(now: datetime) -> int:
    """Post what is due, the oldest first; returns how many arrived. Not in a transaction."""
    sent = 0
    due = SealReport.objects.filter(state=State.QUEUED, next_try_at__lte=now).order_by("day")
    for row in due.select_related("seal"):
        if not _claimed(row, now):
            continue
        try:
            _send(row.url, payload(row))
        except OSError as error:
            _note_failure(row, error, now)
        else:
            SealReport.objects.filter(pk=row.pk).update(
                state=State.SENT, sent_at=now, next_try_at=None, error="", attempts=row.attempts + 1
            )
            sent += 1
    return sent


def send_again(pk: int, now: datetime) -> bool:
    """Queue a report that could not be delivered, to the address that is set now; False where there is nothing to do."""
    failed = SealReport.objects.filter(pk=pk, state__in=[State.FAILED, State.NONE])
    url = settings.SEAL_WEBHOOK_URL
    return bool(url and failed.update(state=State.QUEUED, url=url, attempts=0, next_try_at=now, error=""))


def payload(row: SealReport) -> dict[str, Any]:
    """What the witness keeps."""
    seal = row.seal
    return {
        "day": row.day.isoformat(),
        "site": settings.SITE_URL,
        "seal": seal.number,
        "sealed_at": moment(seal.sealed_at),
        "entries": seal.count,
        "last_entry": seal.last_id,
        "root": seal.root,
        "previous": seal.previous,
        "hash": seal.hash,
    }


def _claimed(row: SealReport, now: datetime) -> bool:
    """Whoever moves the next try on has the row; a sender killed in between tries again at that time."""
    later = now + BACKOFF[min(row.attempts, len(BACKOFF) - 1)]
    mine = SealReport.objects.filter(pk=row.pk, state=State.QUEUED, next_try_at=row.next_try_at)
    return bool(mine.update(next_try_at=later))


def _note_failure(row: SealReport, error: OSError, now: datetime) -> None:
    attempts = row.attempts + 1
    is_final = attempts > len(BACKOFF)
    said = error.reason if isinstance(error, URLError) and not isinstance(error, HTTPError) else error
    SealReport.objects.filter(pk=row.pk).update(
        state=State.FAILED if is_final else State.QUEUED,
        next_try_at=None if is_final else now + BACKOFF[attempts - 1],
        attempts=attempts,
        error=str(said)[:MOST_SAID] or type(error).__name__,
    )


class _NoRedirects(HTTPRedirectHandler):
    """The witness is the address that was set, not where it may point to."""

    def redirect_request(self, *_: Any) -> None:
        return None


def _send(url: str, body: dict[str, Any]) -> None:
    """Raises OSError (URLError and HTTPError are such) for anything but a yes."""
    headers = {"Content-Type": "application/json", "User-Agent": "Esukare"}
    request = Request(url, data=json.dumps(body).encode(), headers=headers, method="POST")  # noqa: S310
    with build_opener(_NoRedirects).open(request, timeout=TIMEOUT) as answer:
        answer.read(MOST_SAID)
