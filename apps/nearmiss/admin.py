"""The safety team's pages: near misses to read, to answer, and to make cases of."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.admin import ModelAdmin
from unfold.decorators import display

from apps.cases.admin import queues
from apps.cases.admin.records import ReadOnlyAdmin
from apps.cases.checks import Refused
from apps.nearmiss import actions
from apps.nearmiss.forms import AnswerForm, CaseForm
from apps.nearmiss.models import NearMiss, Photo

STATUS_COLOURS = {"NEW": "warning", "WAITING": "warning", "ANSWERED": "info", "CLOSED": "success"}


@admin.register(NearMiss)
class NearMissAdmin(ReadOnlyAdmin, ModelAdmin):
    list_display = ["what_briefly", "status_label", "department", "place", "reported_on"]
    list_display_links = ["what_briefly"]
    list_filter = ["status", "department"]
    list_select_related = ["department"]
    list_fullwidth = True
    search_fields = ["what", "place", "consequence", "idea"]
    show_full_result_count = False
    actions = None

    def get_queryset(self, request: HttpRequest) -> QuerySet[NearMiss]:
        return NearMiss.objects.visible_to(queues.reader(request)).select_related("department", "case")

    @display(description=gettext_lazy("what nearly happened"))
    def what_briefly(self, near_miss: NearMiss) -> str:
        return str(near_miss)

    @display(description=gettext_lazy("status"), ordering="status", label=STATUS_COLOURS)
    def status_label(self, near_miss: NearMiss) -> tuple[str, str]:
        return near_miss.status, near_miss.get_status_display()

    def get_urls(self) -> list[URLPattern]:
        def own(pattern: str, view: Any, name: str) -> URLPattern:
            return path(f"<int:pk>/{pattern}/", self.admin_site.admin_view(view), name=f"nearmiss_nearmiss_{name}")

        return [
            own("answer", self.answer_view, "answer"),
            own("case", self.case_view, "case"),
            own("photo/<uuid:photo>", self.photo_view, "photo"),
            *super().get_urls(),
        ]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        if request.method not in ("GET", "HEAD"):
            return HttpResponseNotAllowed(["GET", "HEAD"])
        return super().changelist_view(request, extra_context)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if request.method not in ("GET", "HEAD"):
            return HttpResponseNotAllowed(["GET", "HEAD"])
        return self._page(request, self._asked_for(request, object_id))

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """There is none: what was done is on the page, and in the journal."""
        raise Http404

    def answer_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        near_miss, form = self._asked_for(request, pk, "POST"), AnswerForm(request.POST)
        if not form.is_valid():
            return self._page(request, near_miss, answer=form)
        values = form.cleaned_data
        actions.answer(
            near_miss, values["text"], by=queues.reader(request), now=timezone.now(), closes=values["closes"]
        )
        messages.success(request, _("Your answer can be read with the receipt code now."))
        return _to(near_miss)

    def case_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        near_miss, form = self._asked_for(request, pk, "POST"), CaseForm(request.POST)
        user = queues.reader(request)
        if not form.is_valid():
            return self._page(request, near_miss, case=form)
        team = next(iter(sorted((m.team for m in user.membership_list), key=lambda team: team.level.rank)), None)
        if team is None:
            raise PermissionDenied
        try:
            made = actions.become_a_case(
                near_miss, _sheet(near_miss) | form.cleaned_data, by=user, team=team, now=timezone.now()
            )
        except Refused as refused:
            messages.error(request, refused.sentence)
        else:
            messages.success(request, _("It is %(number)s now.") % {"number": made.number})
        return _to(near_miss)

    def photo_view(self, request: HttpRequest, pk: int, photo: Any) -> FileResponse:
        near_miss = self._asked_for(request, pk)
        found = Photo.objects.filter(near_miss=near_miss, pk=photo).exclude(file="").first()
        if found is None:
            raise Http404
        return FileResponse(
            found.file.open("rb"), content_type="image/jpeg", headers={"Cache-Control": "private, no-store"}
        )

    def _asked_for(self, request: HttpRequest, object_id: int | str, method: str = "GET") -> NearMiss:
        if method == "POST" and request.method != "POST":
            raise PermissionDenied
        if not self.has_view_permission(request):
            raise PermissionDenied
        found = self.get_queryset(request).filter(pk=object_id).first() if str(object_id).isdecimal() else None
        if found is None:
            raise Http404
        return found

    def _page(
        self,
        request: HttpRequest,
        near_miss: NearMiss,
        *,
        answer: forms.Form | None = None,
        case: forms.Form | None = None,
    ) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "near_miss": near_miss,
            "thread": list(near_miss.messages.select_related("by")),
            "photos": list(near_miss.photos.exclude(file="")),
            "answer": answer or AnswerForm(),
            "case_form": case or CaseForm(initial={"subject": str(near_miss)}),
            "is_case_open": case is not None,
            "title": _("Near miss"),
            "opts": self.opts,
            "media": self.media,
        }
        request.current_app = self.admin_site.name
        return TemplateResponse(request, "admin/nearmiss/nearmiss/page.html", context)


def _sheet(near_miss: NearMiss) -> dict[str, Any]:
    """What the case takes over: the facts, never who reported them, as nobody knows."""
    parts = [
        near_miss.what,
        near_miss.consequence,
        near_miss.idea,
        *(m.text for m in near_miss.messages.filter(by=None)),
    ]
    return {
        "facts": "\n\n".join(part for part in parts if part),
        "place": near_miss.place,
        "department": near_miss.department,
    }


def _to(near_miss: NearMiss) -> HttpResponse:
    return HttpResponseRedirect(reverse("admin:nearmiss_nearmiss_change", args=[near_miss.pk]))
