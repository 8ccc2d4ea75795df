"""Older states of a case, put into words."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _
from simple_history.admin import SimpleHistoryAdmin
from simple_history.models import DeletedObject
from simple_history.template_utils import HistoricalRecordContextHelper

from apps.cases.admin import queues
from apps.cases.happenings import action_label
from apps.cases.templatetags.case_words import moment
from apps.cases.veil import Veil


class ReadableChanges(HistoricalRecordContextHelper):
    """Labels instead of stored values, moments in the reader's zone, a dash for nothing."""

    veil: Veil

    def prepare_delta_change_value(self, change: Any, value: Any) -> Any:
        # simple-history takes an empty foreign key for a deleted object without a key
        if value in (None, "", []) or (isinstance(value, DeletedObject) and value.pk is None):
            return "–"
        if isinstance(value, bool):
            return _("Yes") if value else _("No")
        if isinstance(value, datetime):
            return moment(value)
        labels = dict(getattr(self.model._meta.get_field(change.field), "flatchoices", ()))
        if labels:
            return labels.get(value, value)
        said = super().prepare_delta_change_value(change, value)
        return self.veil(said) if isinstance(said, str) else said


class ReadableHistoryAdmin(SimpleHistoryAdmin):
    def get_historical_record_context_helper(self, request: HttpRequest, historical_record: Any) -> ReadableChanges:
        words = ReadableChanges(self.model, historical_record)
        words.veil = self._veil(request, historical_record)
        return words

    def _veil(self, request: HttpRequest, historical_record: Any) -> Veil:
        """One for the whole page, which is about one case."""
        if not hasattr(request, "veil"):
            request.veil = Veil(historical_record.instance, queues.reader(request))  # type: ignore[attr-defined]
        return request.veil  # type: ignore[attr-defined,no-any-return]

    def set_history_delta_changes(
        self, request: HttpRequest, historical_records: Sequence[Any], foreign_keys_are_objs: bool = True
    ) -> None:
        super().set_history_delta_changes(request, historical_records, foreign_keys_are_objs)
        for record in historical_records:  # in memory only; the row keeps the verb's name
            record.history_change_reason = action_label(record.history_change_reason)
