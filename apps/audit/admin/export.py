"""The journal's filtered view as a file; that it was taken is an entry."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponseBadRequest
from django.http.response import HttpResponseBase
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from apps.audit import access, words
from apps.audit.access import Access
from apps.audit.admin.base import ReadOnlyAdmin
from apps.audit.admin.streaming import download
from apps.audit.export import FORMATS, asked, file_name
from apps.audit.forms import JournalForm
from apps.audit.models import Source


class ExportPage(ReadOnlyAdmin):
    """Adds `export/` to the journal's addresses: the filters of the page, and `format`."""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(require_POST(self.export_view))
        return [path("export/", view, name="audit_entry_export"), *super().get_urls()]

    def export_view(self, request: HttpRequest) -> HttpResponseBase:
        if not self.has_view_permission(request):
            raise PermissionDenied
        chosen = request.POST.get("format", "")
        if chosen not in FORMATS:
            raise Http404
        form = JournalForm(request.POST)
        if not form.is_valid():
            return HttpResponseBadRequest(_("These filters do not fit together. Please correct them in the journal."))
        now, filters = timezone.now(), form.filters
        access.record(
            words.WHOLE,
            Access.EXPORTED,
            by=request.user,  # type: ignore[arg-type]
            now=now,
            source=Source.ADMIN,
            details={"format": chosen, "filters": asked(filters)},
        )
        made = FORMATS[chosen]
        return download(made.stream(filters), file_name(chosen, now), made.content_type)
