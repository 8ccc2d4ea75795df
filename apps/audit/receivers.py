"""The project's only signal receiver: every history row saved one by one gets its entry in the journal.

Rows that are written in bulk (the cases' ledger) send no signal; their writer appends the entries itself.
"""

from typing import Any

from django.db import models, transaction
from django.urls import reverse
from simple_history.models import HistoricalRecords
from simple_history.signals import post_create_historical_record

from apps.audit import trail
from apps.audit.canonical import row_of
from apps.audit.models import Source

ACTIONS = {"+": "created", "~": "changed", "-": "deleted"}


def connect() -> None:
    post_create_historical_record.connect(record, dispatch_uid="audit.record")


def record(sender: type[models.Model], history_instance: Any, **_: object) -> None:
    """Append the entry of one history row. `details` name the fields that a change touched."""
    history = history_instance
    subject = history.instance_type
    with transaction.atomic():
        trail.append(
            [
                trail.NewEntry(
                    subject=f"{subject._meta.label_lower}:{getattr(history, subject._meta.pk.attname)}",
                    at=history.history_date,
                    actor=trail.actor_of(history.history_user_id),
                    source=_source(),
                    action=ACTIONS[history.history_type],
                    reason=history.history_change_reason or "",
                    details={"changed": _changed(sender, history)} if history.history_type == "~" else {},
                    history=history,
                )
            ]
        )


def _source() -> Source:
    request = getattr(HistoricalRecords.context, "request", None)
    if request is None:
        return Source.COMMAND
    return Source.ADMIN if request.path.startswith(reverse("admin:index")) else Source.DESK


def _changed(model: type[models.Model], history: Any) -> list[str]:
    """The names of the tracked fields that differ from the history row before."""
    key = history.instance_type._meta.pk.attname
    earlier = model._base_manager.filter(**{key: getattr(history, key)}, pk__lt=history.pk).order_by("-pk").first()
    old, new = {} if earlier is None else row_of(earlier), row_of(history)
    return [field.name for field in history.tracked_fields if old.get(field.attname) != new.get(field.attname)]
