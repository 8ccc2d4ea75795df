"""Older states of a case, put into words."""

from __future__ import annotations

from apps.audit.admin.history import HistoryAdmin, ReadableChanges
from apps.cases.happenings import action_label
from apps.cases.templatetags.case_words import moment


class CaseChanges(ReadableChanges):
    moment = staticmethod(moment)


class ReadableHistoryAdmin(HistoryAdmin):
    changes = CaseChanges

    def reason_in_words(self, reason: str | None) -> str:
        return action_label(reason or "")
