"""Nudges for the outbox."""

from celery import shared_task
from django.utils import timezone

from apps.notifications import delivery, seals


@shared_task(name="notifications.deliver")
def deliver() -> None:
    """Send what is due. A lost nudge does no harm: the next one finds the same rows."""
    delivery.deliver(timezone.now())


@shared_task(name="notifications.mail_seals")
def mail_seals() -> None:
    """Put today's seal into the outbox, if it is not there yet."""
    seals.mail(timezone.now())
