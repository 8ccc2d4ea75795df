"""The history of one case in the admin, put into words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest

from apps.audit.admin.history import HistoryAdmin, ReadableChanges
from apps.cases.admin import queues
from apps.cases.happenings import action_label
from apps.cases.templatetags.case_words import moment
from apps.cases.veil import Veil


class CaseChanges(ReadableChanges):
    moment = staticmethod(moment)
    veil: Veil

    def prepare_delta_change_value(self, change: Any, value: Any) -> Any:
        said = super().prepare_delta_change_value(change, value)
        return self.veil(said) if isinstance(said, str) else said


class ReadableHistoryAdmin(HistoryAdmin):
    def get_historical_record_context_helper(self, request: HttpRequest, historical_record: Any) -> ReadableChanges:
        words = CaseChanges(self.model, historical_record)
        words.veil = self._veil(request, historical_record)
        return words

    def set_history_delta_changes(
        self, request: HttpRequest, historical_records: Sequence[Any], foreign_keys_are_objs: bool = True
    ) -> None:
        super().set_history_delta_changes(request, historical_records, foreign_keys_are_objs)
        for record in historical_records:
            record.subject = self._veil(request, record)(record.subject)

    def reason_in_words(self, reason: str | None) -> str:
        return action_label(reason or "")

    def _veil(self, request: HttpRequest, historical_record: Any) -> Veil:
        """One for the whole page, which is about one case."""
        if not hasattr(request, "veil"):
            request.veil = Veil(historical_record.instance, reader=queues.reader(request))  # type: ignore[attr-defined]
        return request.veil  # type: ignore[attr-defined,no-any-return]
