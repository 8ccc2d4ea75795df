"""What people wrote about a case beside its own row, and how the ledger takes the personal data out of it."""

from collections.abc import Collection
from functools import partial
from typing import Any

from django.db import models, transaction
from django.db.models import Value

from apps.audit.personal import BLACK
from apps.cases.models import Attachment, Deadline, HandOff, Pause, Review, Update
from apps.notifications import blanking

TEXTS: tuple[tuple[type[models.Model], tuple[str, ...]], ...] = (
    (Update, ("text",)),
    (HandOff, ("reason", "skip_reason", "advice")),
    (Pause, ("reason",)),
    (Deadline, ("error",)),
    (Review, ("lesson", "thanks")),
    (Attachment, ("name",)),
)


def blank(ids: Collection[int]) -> None:
    """Blank the texts, names and files that hang on the cases, one statement for each table."""
    for model, names in TEXTS:
        model._default_manager.filter(case__in=ids).update(**{name: _black(name) for name in names})
    files = Attachment.objects.filter(case__in=ids).exclude(file="")
    stored = [(row.file.storage, str(row.file.name)) for row in files]
    files.update(file="", sha256="")
    for storage, name in stored:
        transaction.on_commit(partial(storage.delete, name))
    blanking.blank_about([f"cases.case:{pk}" for pk in ids])


def _black(name: str) -> Any:
    return models.Case(models.When(**{name: ""}, then=Value("")), default=Value(BLACK))
