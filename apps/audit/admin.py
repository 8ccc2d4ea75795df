"""The journal to read: nothing in it can be added, changed or deleted here."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db import models
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from unfold.admin import ModelAdmin

from apps.audit.models import Entry, Seal


class ReadOnlyAdmin(ModelAdmin):
    """For those with the permission to view; anything but reading is refused before Django looks at it."""

    actions = None
    list_filter_submit = True
    show_full_result_count = False  # counting a journal of millions takes longer than reading a page of it

    def has_add_permission(self, request: HttpRequest, *_: object) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False

    def changelist_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return _refused(request) or super().changelist_view(request, *args, **kwargs)

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return _refused(request) or super().changeform_view(request, *args, **kwargs)

    def delete_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        refused = _refused(request)
        if refused is None:
            raise PermissionDenied
        return refused

    def history_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return _refused(request) or super().history_view(request, *args, **kwargs)


def _refused(request: HttpRequest) -> HttpResponse | None:
    return None if request.method in ("GET", "HEAD") else HttpResponseNotAllowed(["GET", "HEAD"])


@admin.register(Entry)
class EntryAdmin(ReadOnlyAdmin):
    """Who did what, when, why."""

    list_display = ("at", "subject", "sequence", "action", "from_state", "to_state", "actor", "source", "reason")
    list_display_links = ("at", "subject")
    list_filter = ("source", "at")
    search_fields = ("subject__startswith", "actor__startswith", "action__startswith", "record__startswith")
    date_hierarchy = "at"


@admin.register(Seal)
class SealAdmin(ReadOnlyAdmin):
    """The seals over the journal."""

    list_display = ("number", "sealed_at", "count", "first_id", "last_id", "root")
