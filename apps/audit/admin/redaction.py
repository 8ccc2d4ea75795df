"""Redactions: asked for by one person, decided by another, and the rehearsal of what the retention periods would propose."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from apps.audit import redactions, tasks, words
from apps.audit.admin.base import ReadOnlyAdmin
from apps.audit.forms import RedactionForm
from apps.audit.models import Redaction, Source
from apps.audit.redactions import Refused

NEWEST = 50
SHOWN = 100


@admin.register(Redaction)
class RedactionAdmin(ReadOnlyAdmin):
    """A screen over `redactions`, which alone decides and writes."""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("ask/", view(require_POST(self.ask_view)), name="audit_redaction_ask"),
            path("rehearsal/", view(self.rehearsal_view), name="audit_redaction_rehearsal"),
            path("<int:pk>/decide/", view(require_POST(self.decide_view)), name="audit_redaction_decide"),
            *super().get_urls(),
        ]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        return self.refusal(request) or self._page(request, RedactionForm())

    def change_view(self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any) -> HttpResponse:
        if answer := self.refusal(request):
            return answer
        if not object_id.isdecimal():
            raise Http404
        row = get_object_or_404(Redaction, pk=object_id)
        person = redactions.person(request.user)  # type: ignore[arg-type]
        names = words.names(filter(None, [row.requested_by, row.decided_by]))
        asked, state = row.requested_by == person.actor, row.state
        context = {
            "row": row,
            "subjects": redactions.names(row.subjects[:SHOWN]),
            "more": len(row.subjects[SHOWN:]),
            "asked_by": names.get(row.requested_by, ""),
            "decided_by": names.get(row.decided_by, ""),
            "may_take_up": person.may_request and state == Redaction.State.PROPOSED,
            "may_approve": person.may_approve and not asked and state == Redaction.State.REQUESTED,
            "may_decline": (person.may_approve or asked) and state in ("PROPOSED", "REQUESTED"),
            "waits_for_another": asked and state == Redaction.State.REQUESTED,
        }
        return self._show(request, "redaction", _("Redaction %(number)d") % {"number": row.pk}, context)

    def rehearsal_view(self, request: HttpRequest) -> HttpResponse:
        """What would be proposed now. Nothing is written."""
        if answer := self.refusal(request):
            return answer
        found = redactions.rehearse(timezone.now())
        context = {
            "found": [(each, redactions.names(each.subjects[:SHOWN]), len(each.subjects[SHOWN:])) for each in found]
        }
        return self._show(request, "rehearsal", _("Rehearsal of the retention periods"), context)

    def ask_view(self, request: HttpRequest) -> HttpResponse:
        form = RedactionForm(request.POST)
        if form.is_valid():
            try:
                row = redactions.request(
                    redactions.find(form.cleaned_data["subjects"]),
                    by=redactions.person(request.user),  # type: ignore[arg-type]
                    now=timezone.now(),
                    source=Source.ADMIN,
                    reason=form.cleaned_data["reason"],
                )
            except Refused as refused:
                form.add_error("subjects", str(refused))
            else:
                messages.success(request, _("Asked for. It is carried out when a second person has approved it."))
                return HttpResponseRedirect(reverse("admin:audit_redaction_change", args=[row.pk]))
        return self._page(request, form)

    def decide_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        how: dict[str, Any] = {"now": timezone.now(), "source": Source.ADMIN}
        by = redactions.person(request.user)  # type: ignore[arg-type]
        try:
            match request.POST.get("decision"):
                case "take_up":
                    redactions.take_up(pk, by=by, reason=request.POST.get("reason", ""), **how)
                case "approve":
                    redactions.approve(pk, by=by, **how)
                    tasks.redact.delay()  # should the nudge be lost, the next one of the beat finds the row
                case "decline":
                    redactions.decline(pk, by=by, **how)
                case _:
                    raise Http404
        except Redaction.DoesNotExist as error:
            raise Http404 from error
        except Refused as refused:
            messages.error(request, str(refused))
        return HttpResponseRedirect(reverse("admin:audit_redaction_change", args=[pk]))

    def _page(self, request: HttpRequest, form: RedactionForm) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        rows = list(Redaction.objects.all()[:NEWEST])
        names = words.names(filter(None, [who for row in rows for who in (row.requested_by, row.decided_by)]))
        context = {
            "rows": [(row, names.get(row.requested_by, ""), names.get(row.decided_by, "")) for row in rows],
            "form": form,
            "may_ask": request.user.has_perm("audit.request_redaction"),
        }
        return self._show(request, "redactions", _("Redactions of personal data"), context)

    def _show(self, request: HttpRequest, name: str, title: str, context: dict[str, Any]) -> HttpResponse:
        context |= {**self.admin_site.each_context(request), "title": title, "opts": self.opts, "media": self.media}
        request.current_app = self.admin_site.name  # type: ignore[attr-defined]
        return TemplateResponse(request, f"admin/audit/{name}.html", context)
