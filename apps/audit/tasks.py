"""Nudges for the journal."""

from celery import shared_task
from django.utils import timezone

from apps.audit import trail


@shared_task(name="audit.seal")
def seal() -> None:
    """Seal what was written since the last time; if that fails, the next nudge makes up for it."""
    trail.seal(timezone.now())
