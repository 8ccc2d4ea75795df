"""The proof: verifications with their progress and their report, the seals outside, the bundle that proves itself."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from apps.audit import access, bundle, proofs, tasks, trail, witness, words
from apps.audit.access import Access
from apps.audit.admin.base import ReadOnlyAdmin
from apps.audit.admin.pages import UNMASK
from apps.audit.admin.streaming import download
from apps.audit.forms import ReasonForm, VerificationForm
from apps.audit.models import Seal, SealReport, Source, Verification

NEWEST = 10
SHOWN_FAULTS = 200


@admin.register(Verification)
class VerificationAdmin(ReadOnlyAdmin):
    """Asking for a verification and sending a seal again are the only two things that change anything here."""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("ask/", view(require_POST(self.ask_view)), name="audit_verification_ask"),
            path("bundle/", view(require_POST(self.bundle_view)), name="audit_verification_bundle"),
            path(
                "send-again/<int:pk>/", view(require_POST(self.send_again_view)), name="audit_verification_send_again"
            ),
            path("<int:pk>/progress/", view(self.progress_view), name="audit_verification_progress"),
            *super().get_urls(),
        ]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        return self.refusal(request) or self._page(request)

    def change_view(self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any) -> HttpResponse:
        if answer := self.refusal(request):
            return answer
        if not object_id.isdecimal():
            raise Http404
        row = get_object_or_404(Verification, pk=object_id)
        names = words.names(filter(None, [row.subject, row.requested_by]))
        context = {
            "row": row,
            "subject": names.get(row.subject, ""),
            "by": names.get(row.requested_by, ""),
            "faults": row.faults[:SHOWN_FAULTS],
            "more": row.fault_count - len(row.faults[:SHOWN_FAULTS]),
        }
        return self._show(request, "verification", _("Verification %(number)d") % {"number": row.pk}, context)

    def progress_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """What the progress bar asks for."""
        if answer := self.refusal(request):
            return answer
        row = get_object_or_404(Verification, pk=pk)
        is_done = row.state == Verification.State.DONE
        return JsonResponse({"entries": row.entries, "total": row.total, "done": is_done, "words": progress_words(row)})

    def ask_view(self, request: HttpRequest) -> HttpResponse:
        if not request.user.has_perm("audit.request_verification"):
            raise PermissionDenied
        form = VerificationForm(request.POST)
        if not form.is_valid():
            return self._page(request, form)
        asked, by = form.cleaned_data, trail.actor_of(request.user.pk)
        row = proofs.request(subject=asked["subject"], since=form.moment, by=by, now=timezone.now())
        tasks.verify.delay()  # should the nudge be lost, the next one of the beat finds the row
        return HttpResponseRedirect(reverse("admin:audit_verification_change", args=[row.pk]))

    def bundle_view(self, request: HttpRequest) -> HttpResponseBase:
        """Holds every row unmasked: for those with that right, for a reason."""
        if not (self.has_view_permission(request) and request.user.has_perm(UNMASK)):
            raise PermissionDenied
        form = ReasonForm(request.POST)
        if not form.is_valid():
            return self._page(request, reason=form)
        now = timezone.now()
        access.record(
            words.WHOLE,
            Access.EXPORTED,
            by=request.user,  # type: ignore[arg-type]
            now=now,
            source=Source.ADMIN,
            reason=form.cleaned_data["reason"],
            details={"format": "bundle"},
        )
        return download(bundle.stream(now), f"history-{timezone.localtime(now):%Y%m%d-%H%M}.zip", "application/zip")

    def send_again_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        if not request.user.has_perm("audit.request_verification"):
            raise PermissionDenied
        if witness.send_again(pk, timezone.now()):
            tasks.post_seals.delay()
            messages.success(request, _("The seal is sent again within a minute."))
        else:
            messages.info(request, _("Nothing to send: no address is set (SEAL_WEBHOOK_URL), or it has arrived."))
        return HttpResponseRedirect(reverse("admin:audit_verification_changelist"))

    def _page(
        self, request: HttpRequest, form: VerificationForm | None = None, reason: ReasonForm | None = None
    ) -> HttpResponse:
        rows = list(Verification.objects.all()[:NEWEST])
        names = words.names(filter(None, [text for row in rows for text in (row.subject, row.requested_by)]))
        context = {
            "form": form or VerificationForm(),
            "may_ask": request.user.has_perm("audit.request_verification"),
            "rows": [(row, names.get(row.subject, ""), names.get(row.requested_by, "")) for row in rows],
            "running": next((row for row in rows if row.state != Verification.State.DONE), None),
            "seals": list(Seal.objects.all()[:NEWEST]),
            "reports": list(SealReport.objects.select_related("seal")[:NEWEST]),
            "may_unmask": request.user.has_perm(UNMASK),
            "reason": reason or ReasonForm(),
        }
        return self._show(request, "proof", _("Proof"), context)

    def _show(self, request: HttpRequest, name: str, title: str, context: dict[str, Any]) -> HttpResponse:
        context |= {**self.admin_site.each_context(request), "title": title, "opts": self.opts, "media": self.media}
        request.current_app = self.admin_site.name  # type: ignore[attr-defined]
        return TemplateResponse(request, f"admin/audit/{name}.html", context)


def progress_words(row: Verification) -> str:
    if row.state == Verification.State.WAITING:
        return _("Waiting for a worker.")
    if row.state == Verification.State.RUNNING:
        numbers = {"entries": f"{row.entries:,}", "total": f"{row.total:,}"}
        return _("%(entries)s of %(total)s entries read") % numbers
    if not row.fault_count:
        return _("Nothing was altered.")
    sentence = ngettext("%(count)s fault was found.", "%(count)s faults were found.", row.fault_count)
    return sentence % {"count": f"{row.fault_count:,}"}
