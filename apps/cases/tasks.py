"""Nudges. Each makes one call; a lost one is put right by the next."""

from celery import shared_task
from django.utils import timezone

from apps.cases import clock


@shared_task(name="cases.sweep")
def sweep() -> None:
    now = timezone.now()
    clock.record(clock.sweep(now), now)
