"""Personal data taken out of the outbox: what was sent about a thing, what was sent to a person, who was named."""

from collections.abc import Collection

from django.db.models import Case, CharField, F, Q, QuerySet, Value, When
from django.db.models.functions import Replace
from django.utils.translation import gettext as _

from apps.audit.personal import BLACK
from apps.notifications.models import Message
from apps.people.models import User

Status = Message.Status


def blank_about(abouts: Collection[str]) -> None:
    """Blank every message about these things ("cases.case:42"); what has not left yet no longer does."""
    _blank(Message.objects.filter(about__in=abouts))


def blank_person(person: User, names: Collection[str]) -> None:
    """Blank every message to a person; their `names` (also addresses) in messages to others give way to the mark."""
    _blank(Message.objects.filter(recipient=person))
    Message.objects.filter(recipient=person).update(address=BLACK)
    for name in filter(None, names):
        named = Message.objects.filter(Q(subject__contains=name) | Q(body__contains=name))
        named.update(
            subject=Replace(F("subject"), Value(name), Value(BLACK)), body=Replace(F("body"), Value(name), Value(BLACK))
        )


def _blank(messages: QuerySet[Message]) -> None:
    waiting = Q(status__in=[Status.QUEUED, Status.SENDING])
    outsider = Case(When(recipient=None, then=Value(BLACK)), default=F("address"), output_field=CharField())
    redacted = Value(_("Its text was redacted."))
    error = Case(When(waiting, then=redacted), When(error="", then=Value("")), default=Value(BLACK))
    messages.update(
        subject=BLACK,
        body=BLACK,
        address=outsider,
        error=error,
        status=Case(When(waiting, then=Value(Status.FAILED)), default=F("status")),
        next_try_at=None,
        claimed_at=None,
    )
