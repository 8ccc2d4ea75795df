"""Nudges for the journal."""

from celery import shared_task
from django.utils import timezone

from apps.audit import proofs, redactions, trail, witness


@shared_task(name="audit.seal")
def seal() -> None:
    """Seal what was written since the last time; if that fails, the next nudge makes up for it."""
    trail.seal(timezone.now())


@shared_task(name="audit.redact")
def redact() -> None:
    """Carry out the redactions that two people agreed on; what one nudge leaves undone the next one does."""
    if redactions.carry_out_approved(timezone.now()):
        redactions.forget()


@shared_task(name="audit.verify")
def verify() -> None:
    """Carry on the verifications that wait; one broken off is taken up by a later nudge."""
    proofs.run(timezone.now())


@shared_task(name="audit.post_seals")
def post_seals() -> None:
    """Tell the witness outside; what does not arrive is tried again by a later nudge."""
    now = timezone.now()
    witness.report(now)
    witness.post(now)
