"""The button that shows what is masked on the page of a case."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.admin.options import BaseModelAdmin
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect, JsonResponse
from django.urls import URLPattern, re_path, reverse
from django.utils import timezone

from apps.audit.models import Source
from apps.cases import looking
from apps.cases.admin import queues
from apps.cases.checks import Refused


class ShowsMasked(BaseModelAdmin):
    """Adds `<pk>/show/`, which takes a POST with the `field` and answers with its value."""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.show_view)  # type: ignore[attr-defined]
        own = re_path(r"^(?P<pk>\d+)/show/$", view, name="cases_case_show")
        return [own, *super().get_urls()]  # type: ignore[misc]

    def show_view(self, request: HttpRequest, pk: str) -> HttpResponse:
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        case: Any = self._case(request, pk)  # type: ignore[attr-defined]
        try:
            value = looking.show(
                case,
                request.POST.get("field", ""),
                by=queues.reader(request),
                now=timezone.now(),
                source=Source.ADMIN,
                reason=request.POST.get("reason", ""),
            )
        except Refused as refused:
            return answer(request, refused.sentence, reverse("admin:cases_case_change", args=[pk]), status=403)
        return answer(request, value, reverse("admin:cases_case_change", args=[pk]))


def answer(request: HttpRequest, text: str, page: str, *, status: int = 200) -> HttpResponse:
    """JSON for the script; without it back to the page, with the text above it."""
    if request.accepts("text/html"):
        messages.info(request, text) if status == 200 else messages.error(request, text)
        return HttpResponseRedirect(page)
    return JsonResponse({"text": text}, status=status)
