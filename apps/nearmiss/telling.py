"""The safety team is told by mail that there is something to read: of which department and where, never a word of it."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.urls import reverse

from apps.audit import trail
from apps.nearmiss.models import NearMiss
from apps.notifications import outbox
from apps.notifications.models import Key, Why


def tell(near_miss: NearMiss, *, has_more: bool, now: datetime) -> None:
    """Put it into the outbox for all who may read it, the reporter too where they are one of them: to leave somebody
    out would point at them. Call it inside the transaction that writes what there is to read."""
    page = reverse("admin:nearmiss_nearmiss_change", args=[near_miss.pk])
    notice = outbox.Notice(
        about=trail.subject_of(near_miss),
        key=Key.NEAR_MISS,
        recipients=list(near_miss.readers()),
        context={"department": near_miss.department, "has_more": has_more, "url": settings.SITE_URL + page},
        why=Why.SAFETY,
    )
    outbox.put([notice], _next_hour(now))


def _next_hour(now: datetime) -> datetime:
    """The outbox notes when something was put into it. That moment would say when somebody stood at which device."""
    return now.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
