"""The history of one thing in the admin, put into words."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.utils.translation import gettext as _
from simple_history.admin import SimpleHistoryAdmin
from simple_history.models import DeletedObject
from simple_history.template_utils import HistoricalRecordContextHelper

from apps.audit.templatetags.audit_words import moment


class ReadableChanges(HistoricalRecordContextHelper):
    """Labels instead of stored values, moments in the reader's zone, a dash for nothing."""

    moment = staticmethod(moment)

    def prepare_delta_change_value(self, change: Any, value: Any) -> Any:
        # simple-history takes an empty foreign key for a deleted object without a key
        if value in (None, "", []) or (isinstance(value, DeletedObject) and value.pk is None):
            return "–"
        if isinstance(value, bool):
            return _("Yes") if value else _("No")
        if isinstance(value, datetime):
            return self.moment(value)
        labels = dict(getattr(self.model._meta.get_field(change.field), "flatchoices", ()))
        return labels.get(value, value) if labels else super().prepare_delta_change_value(change, value)


class HistoryAdmin(SimpleHistoryAdmin):
    """Shows the history, never rewrites it."""

    changes = ReadableChanges

    def get_historical_record_context_helper(self, request: HttpRequest, historical_record: Any) -> ReadableChanges:
        return self.changes(self.model, historical_record)

    def set_history_delta_changes(
        self, request: HttpRequest, historical_records: Sequence[Any], foreign_keys_are_objs: bool = True
    ) -> None:
        super().set_history_delta_changes(request, historical_records, foreign_keys_are_objs)
        for record in historical_records:  # in memory only; the row keeps what it has
            record.history_change_reason = self.reason_in_words(record.history_change_reason)

    def reason_in_words(self, reason: str | None) -> str:
        return reason or "–"

    def history_form_view(self, request: HttpRequest, object_id: str, version_id: str, *args: Any) -> HttpResponse:
        """One older state, to look at. simple-history would save a POST even from people who may only view."""
        if request.method not in ("GET", "HEAD"):
            return HttpResponseNotAllowed(["GET", "HEAD"])
        if not version_id.isdecimal():
            raise Http404
        return super().history_form_view(request, object_id, version_id, *args)
