"""Who looked: reading what is protected is an entry too, although it changes nothing.

Opening a confidential case or unmasked data, downloading an attachment, exporting. Ordinary pages write nothing.
"""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

from django.db import models, transaction

from apps.audit import trail
from apps.audit.models import Source


class Access(StrEnum):
    """What was done to see it; the `action` of the entry."""

    VIEWED = "viewed"
    UNMASKED = "unmasked"
    DOWNLOADED = "downloaded"
    EXPORTED = "exported"


def record(
    subject: str,
    access: Access,
    *,
    by: models.Model,
    now: datetime,
    source: Source,
    reason: str = "",
    details: Mapping[str, object] | None = None,
) -> None:
    """Write the entry in a transaction of its own; `subject` as `trail.subject_of` names it."""
    entry = trail.NewEntry(
        subject=subject,
        at=now,
        actor=trail.actor_of(by),
        source=source,
        action=str(access),
        reason=reason,
        details=details or {},
    )
    with transaction.atomic():
        trail.append([entry])
