"""For tables that are only looked at."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import models
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from unfold.admin import ModelAdmin


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

    def refusal(self, request: HttpRequest) -> HttpResponse | None:
        """For a view of one's own: what to answer to all but reading. Raises PermissionDenied for those without the right."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        return refused(request)

    def changelist_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return refused(request) or super().changelist_view(request, *args, **kwargs)

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return refused(request) or super().changeform_view(request, *args, **kwargs)

    def delete_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        answer = refused(request)
        if answer is None:
            raise PermissionDenied
        return answer

    def history_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return refused(request) or super().history_view(request, *args, **kwargs)


def refused(request: HttpRequest) -> HttpResponse | None:
    """The answer to anything but reading; None lets it pass."""
    return None if request.method in ("GET", "HEAD") else HttpResponseNotAllowed(["GET", "HEAD"])
