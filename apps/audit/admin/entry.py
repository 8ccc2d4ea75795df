"""The journal: who did what, when, why."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _

from apps.audit import journal, words
from apps.audit.admin.export import ExportPage
from apps.audit.admin.pages import ThingPages
from apps.audit.admin.today import TodayPage
from apps.audit.export import FORMATS
from apps.audit.forms import JournalForm
from apps.audit.journal import Key
from apps.audit.models import Entry
from apps.audit.telling import lines

SHORTEST = 1  # letters to be typed before people are looked up: a Japanese name may have no more


# What stands beside browsing (an export button with its view, for example) joins these as a mixin with its `get_urls`.
@admin.register(Entry)
class EntryAdmin(TodayPage, ThingPages, ExportPage):
    """Who did what, when, why; the pages about one thing are in `pages`, the first page is in `today`."""

    def get_urls(self) -> list[URLPattern]:
        people = self.admin_site.admin_view(self.people_view)
        return [path("people/", people, name="audit_entry_people"), *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """`before` and `after` are keys of entries: there are no page numbers, and nothing is counted."""
        if answer := self.refusal(request):
            return answer
        form = JournalForm(request.GET)
        page = journal.Page([], None, None)
        if form.is_valid():
            before, after = (Key.read(request.GET.get(name, "")) for name in ("before", "after"))
            page = journal.page(form.filters, before=before, after=after)
        context = {
            **self.admin_site.each_context(request),
            "form": form,
            "lines": lines(page.entries),
            "older": _address(request, "before", page.older),
            "newer": _address(request, "after", page.newer),
            "query": _query(request).urlencode(),
            "asked": list(_query(request).items()),
            "formats": {name: each.label for name, each in FORMATS.items()},
            "title": _("Journal"),
            "opts": self.opts,
            "media": self.media,
        } | (extra_context or {})
        request.current_app = self.admin_site.name  # type: ignore[attr-defined]
        return TemplateResponse(request, "admin/audit/journal.html", context)

    def people_view(self, request: HttpRequest) -> HttpResponse:
        """People whose names the text in `q` may mean, for the field that asks for a person."""
        if answer := self.refusal(request):
            return answer
        text = request.GET.get("q", "").strip()[:100]
        return JsonResponse({"people": list(words.people(text).values()) if len(text) >= SHORTEST else []})


def _query(request: HttpRequest) -> QueryDict:
    """What was asked for, without the place in the list and without what is empty."""
    query = request.GET.copy()
    for name in list(query):
        if name in ("before", "after") or not query[name]:
            del query[name]
    return query


def _address(request: HttpRequest, name: str, key: Key | None) -> str:
    if key is None:
        return ""
    query = _query(request)
    query[name] = str(key)
    return f"{reverse('admin:audit_entry_changelist')}?{query.urlencode()}"
