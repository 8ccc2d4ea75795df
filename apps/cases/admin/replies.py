"""Canned replies in the admin, with their history."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin

from apps.audit.admin.careful import CarefulAdmin
from apps.audit.admin.history import HistoryAdmin
from apps.cases import replies
from apps.cases.models import CannedReply


class ReplyForm(forms.ModelForm):
    class Meta:
        model = CannedReply
        fields = ("title", "title_en", "text", "text_en", "team", "is_active")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "text" in self.fields:  # not for those who only look
            self.fields["text"].help_text = _("Filled in from the case: %(known)s") % {"known": replies.listed()}

    def clean_text(self) -> str:
        return self._checked("text")

    def clean_text_en(self) -> str:
        return self._checked("text_en")

    def _checked(self, name: str) -> str:
        text: str = self.cleaned_data[name]
        replies.check(text)
        return text


@admin.register(CannedReply)
class CannedReplyAdmin(CarefulAdmin, HistoryAdmin, ModelAdmin):
    form = ReplyForm
    list_display = ["title", "team", "is_active"]
    list_filter = ["is_active", "team"]
    list_select_related = ["team"]
    search_fields = ["title", "title_en", "text"]
    show_full_result_count = False
    actions = None
    warn_unsaved_form = True

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Nobody may: what is out of use is made inactive."""
        return False
