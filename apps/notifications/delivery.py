"""Empties the outbox: claim, send, note the outcome, rescue what a killed sender left behind.

A message is claimed and committed as SENDING before it leaves, and sent outside any transaction. `claimed_at` is the
claim: only who still holds it notes the outcome. Sending is 'at least once': what a sender killed between the server's
yes and the note had in hand is sent again, under the same Message-ID.
"""

import logging
import time
from collections.abc import Callable, Collection
from contextlib import ExitStack, closing
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from apps.audit import trail
from apps.audit.models import Source
from apps.notifications.channels import DeliveryFailed, Transport
from apps.notifications.channels.email import Email
from apps.notifications.models import Channel, Message
from apps.people.models import User

logger = logging.getLogger(__name__)

BACKOFF = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=15),
    timedelta(hours=1),
    timedelta(hours=4),
    timedelta(hours=12),
    timedelta(hours=24),
)
MAX_ATTEMPTS = len(BACKOFF) + 1
STUCK_AFTER = timedelta(minutes=5)  # well above one mail's time: each step of its conversation ends at EMAIL_TIMEOUT
BUDGET = timedelta(seconds=60)  # a call ends after this: a slow server must not keep a worker for long
TRANSPORTS: dict[str, Callable[[], Transport]] = {Channel.MAIL: Email}

Status = Message.Status


@dataclass(slots=True)
class Result:
    """What one call did."""

    sent: int = 0
    retried: int = 0
    failed: int = 0
    rescued: int = 0


def deliver(now: datetime, limit: int = 1000) -> Result:
    """Send up to `limit` messages that are due at `now` (aware), the longest waiting first.

    Any number of callers may run at once: none sends what another holds. Call it outside a transaction.
    """
    started = time.monotonic()
    result = Result(rescued=_rescue(now))
    transports: dict[str, Transport] = {}
    with ExitStack() as stack:
        for _number in range(limit):
            at = now + timedelta(seconds=time.monotonic() - started)
            message = _claim(now, at) if at < now + BUDGET else None
            if message is None:
                break
            if message.channel not in transports:
                transports[message.channel] = stack.enter_context(closing(TRANSPORTS[message.channel]()))
            try:
                transports[message.channel].send(message)
            except DeliveryFailed as failure:
                _note_failure(message, failure, at, result)
            except Exception as error:  # a fault of ours with one message must not keep the others in the house
                logger.exception("Message %s could not be sent.", message.pk)
                unforeseen = DeliveryFailed(permanent=False, reason=f"{type(error).__name__}: {error}")
                _note_failure(message, unforeseen, at, result)
            else:
                sent_at = now + timedelta(seconds=time.monotonic() - started)
                _note(message, status=Status.SENT, sent_at=sent_at, error="")
                result.sent += 1
    return result


@transaction.atomic
def resend(message_ids: Collection[int], now: datetime, *, by: User, source: Source) -> int:
    """Queue failed messages again, and waiting ones for `now`, with a full round of attempts; returns how many.

    What is being sent or was sent stays as it is. The journal says of each who wanted it.
    """
    messages = list(resendable(message_ids).select_for_update().order_by("pk"))
    number = resendable([message.pk for message in messages]).update(status=Status.QUEUED, attempts=0, next_try_at=now)
    actor = trail.actor_of(by)
    trail.append(
        [
            trail.NewEntry(trail.subject_of(message), now, actor, source, "resent", details={"about": message.about})
            for message in messages
        ]
    )
    return number


def resendable(message_ids: Collection[int]) -> QuerySet[Message]:
    """Those of the messages that have not left and are not just leaving."""
    return Message.objects.filter(pk__in=message_ids, status__in=[Status.FAILED, Status.QUEUED])


def _claim(now: datetime, at: datetime) -> Message | None:
    """Take the message that has been due longest at `now`, committed as SENDING since `at`."""
    with transaction.atomic():
        due = Message.objects.filter(status=Status.QUEUED, next_try_at__lte=now).order_by("next_try_at", "id")
        message = due.select_for_update(skip_locked=True).first()
        if message is not None:
            message.status, message.next_try_at, message.claimed_at = Status.SENDING, None, at
            message.attempts += 1
            message.save(update_fields=["status", "next_try_at", "claimed_at", "attempts"])
    return message


def _note_failure(message: Message, failure: DeliveryFailed, at: datetime, result: Result) -> None:
    error = failure.reason or type(failure).__name__
    if failure.permanent or message.attempts >= MAX_ATTEMPTS:
        _note(message, status=Status.FAILED, error=error)
        result.failed += 1
    else:
        _note(message, status=Status.QUEUED, next_try_at=at + BACKOFF[message.attempts - 1], error=error)
        result.retried += 1


def _note(message: Message, **outcome: object) -> None:
    """Write the outcome, unless the claim was lost to a rescue in the meantime."""
    held = Message.objects.filter(pk=message.pk, status=Status.SENDING, claimed_at=message.claimed_at)
    if not held.update(claimed_at=None, **outcome):
        logger.warning("Message %s was rescued while it was being sent.", message.pk)


def _rescue(now: datetime) -> int:
    """Queue again what has been SENDING for too long; give up what keeps killing its sender."""
    stuck = Message.objects.filter(status=Status.SENDING, claimed_at__lte=now - STUCK_AFTER)
    error = _("The sender stopped before the outcome was known.")
    given_up = stuck.filter(attempts__gte=MAX_ATTEMPTS).update(status=Status.FAILED, claimed_at=None, error=error)
    return given_up + stuck.update(status=Status.QUEUED, claimed_at=None, next_try_at=now, error=error)
