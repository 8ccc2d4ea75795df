"""History of the models that a form can edit: one row for every save, kept when the person or the row is gone."""

from collections.abc import Collection
from typing import Any

from django.db import models
from simple_history.models import HistoricalRecords


class History(HistoricalRecords):
    """`history = History()` on a model keeps the full row after each save, and who saved it as a plain number."""

    def __init__(self, *, excluded_fields: Collection[str] = ()) -> None:
        super().__init__(
            excluded_fields=list(excluded_fields),
            history_user_id_field=models.BigIntegerField(null=True, blank=True),
        )

    def post_save(self, instance: models.Model, created: bool, using: str | None = None, **kwargs: Any) -> None:
        """A save limited to fields that history leaves out (each sign-in saves `last_login`) is no change to keep."""
        update_fields = kwargs.get("update_fields")
        if update_fields and set(update_fields) <= set(self.excluded_fields):
            return
        super().post_save(instance, created, using=using, **kwargs)
