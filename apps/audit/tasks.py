"""Nudges for the journal."""

from celery import shared_task
from django.utils import timezone

from apps.audit import redactions, trail


@shared_task(name="audit.seal")
def seal() -> None:
    """Seal what was written since the last time; if that fails, the next nudge makes up for it."""
    trail.seal(timezone.now())


@shared_task(name="audit.redact")
def redact() -> None:
    """Carry out the redactions that two people agreed on; what one nudge leaves undone the next one does."""
    if redactions.carry_out_approved(timezone.now()):
        redactions.forget()
