"""Nudges. Each makes one call; a lost one is put right by the next."""

from celery import shared_task
from django.utils import timezone

from apps.audit import redactions
from apps.cases import clock


@shared_task(name="cases.sweep")
def sweep() -> None:
    now = timezone.now()
    clock.record(clock.sweep(now), now)


@shared_task(name="cases.propose_redactions")
def propose_redactions() -> None:
    """Propose what has outlived its retention period; what is proposed already is not proposed again."""
    redactions.propose_due(timezone.now())
