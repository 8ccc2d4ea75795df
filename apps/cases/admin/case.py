"""The page of a case, and the door through which its verbs come in. The list of cases is in `list`."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.options import IS_POPUP_VAR
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, re_path, reverse
from django.utils import timezone
from django.utils.translation import gettext
from unfold.admin import ModelAdmin

from apps.audit import access, trail
from apps.audit.access import Access
from apps.audit.models import Source
from apps.cases import checks, letters, looking, showing, verbs
from apps.cases.admin import queues
from apps.cases.admin.filtering import Filter
from apps.cases.admin.history import ReadableHistoryAdmin
from apps.cases.admin.list import CaseListAdmin
from apps.cases.admin.page import RELATED, case_page, sheet
from apps.cases.admin.printing import printed_sheet
from apps.cases.admin.records import ReadOnlyAdmin
from apps.cases.admin.showing import ShowsMasked
from apps.cases.checks import Refused
from apps.cases.forms import VerbForm
from apps.cases.happenings import action_label
from apps.cases.models import Case
from apps.cases.routing import Directory
from apps.cases.veil import Veil
from apps.notifications import delivery
from apps.notifications.models import Message


@admin.register(Case)
class CaseAdmin(CaseListAdmin, ShowsMasked, ReadOnlyAdmin, ReadableHistoryAdmin, ModelAdmin):
    # --- the page -------------------------------------------------------------------------------------------------

    def get_urls(self) -> list[URLPattern]:
        names = "|".join(verbs.VERBS)
        own = (
            (rf"^(?P<pk>\d+)/(?P<verb>{names})/$", self.verb_view, "cases_case_verb"),
            (r"^(?P<pk>\d+)/resend/(?P<message>\d+)/$", self.resend_view, "cases_case_resend"),
            (r"^(?P<pk>\d+)/print/$", self.print_view, "cases_case_print"),
        )
        found = [re_path(route, self.admin_site.admin_view(view), name=name) for route, view, name in own]
        return [*found, *super().get_urls()]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if request.method not in ("GET", "HEAD"):
            return HttpResponseNotAllowed(["GET", "HEAD"])
        return self._page(request, self._opened(request, object_id), open_verb=request.GET.get("dialog", ""))

    def verb_view(self, request: HttpRequest, pk: str, verb: str) -> HttpResponse:
        """Do a verb, or show its dialog again with the reason why not and everything that was typed."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        try:
            return self._do(request, pk, verb)
        except Http404:  # it is not open to the person, or went out of their sight while they typed
            return showing.not_here(request, verbs.VERBS[verb])

    def _do(self, request: HttpRequest, pk: str, verb: str) -> HttpResponse:
        case = self._case(request, pk)
        user = queues.reader(request)
        form = verbs.VERBS[verb].form(request.POST, request.FILES, case=case, user=user)
        refused = verbs.refusal(case, verb, user)
        if refused is None:
            if not form.is_valid():
                return self._page(request, case, open_verb=verb, form=form)
            try:
                done = verbs.run_verb(case.pk, verb, user, form.values(), Source.ADMIN, seen=form.cleaned_data["seen"])
            except Refused as refusal:
                refused = refusal
            else:
                return self._done(request, done, verb)
        case = self._case(request, pk)  # as it is now: it may have moved on since it was read
        form = verbs.VERBS[verb].form(request.POST, request.FILES, case=case, user=user)
        form.refuse(refused)
        return self._page(request, case, open_verb=verb, form=form)

    def resend_view(self, request: HttpRequest, pk: str, message: str) -> HttpResponse:
        """Send a message about the case again, for those who answer for the case or keep the outbox."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        case, user = self._case(request, pk), queues.reader(request)
        if not letters.may_resend(case, user, Directory.read() if checks.is_manager(user) else None):
            raise PermissionDenied
        letter = Message.objects.filter(pk=int(message), about=trail.subject_of(case)).first()
        if letter is None:
            raise Http404
        if delivery.resend([letter.pk], timezone.now(), by=user, source=Source.ADMIN):
            messages.success(request, gettext("The message is sent again."))
        else:
            messages.info(request, gettext("Nothing to send again: it is on its way or was sent already."))
        return HttpResponseRedirect(reverse("admin:cases_case_change", args=[case.pk]) + "#messages")

    def print_view(self, request: HttpRequest, pk: str) -> HttpResponse:
        """The escalation sheet on paper: every field, what is not known as a line to write on."""
        if request.method not in ("GET", "HEAD"):
            return HttpResponseNotAllowed(["GET", "HEAD"])
        case, user, now = self._opened(request, pk), queues.reader(request), timezone.now()
        context = printed_sheet(case, user, now)
        if fields := context["unmasked"]:
            details = {"fields": fields, "on": "paper"}
            subject = trail.subject_of(case)
            access.record(subject, Access.UNMASKED, by=user, now=now, source=Source.ADMIN, details=details)
        return TemplateResponse(request, "admin/cases/case/print.html", context)

    def _done(self, request: HttpRequest, case: Case, verb: str) -> HttpResponse:
        sentence = gettext("%(verb)s: done. %(number)s is now %(state)s.")
        words = {"verb": verbs.VERBS[verb].label, "number": case.number, "state": case.get_state_display()}
        messages.success(request, sentence % words)
        if self.get_queryset(request).filter(pk=case.pk).exists():
            return HttpResponseRedirect(reverse("admin:cases_case_change", args=[case.pk]))
        return HttpResponseRedirect(reverse("admin:cases_case_changelist"))  # it left what the person may see

    def _case(self, request: HttpRequest, object_id: str) -> Case:
        try:
            pk = int(object_id)
            cases = self.get_queryset(request).select_related(*RELATED).prefetch_related(None)
            case = verbs.with_steps(cases, pk).get(pk=pk)
        except (Case.DoesNotExist, ValueError):
            raise Http404 from None
        if not self.has_view_permission(request, case):
            raise PermissionDenied
        return case

    def _opened(self, request: HttpRequest, object_id: str) -> Case:
        case = self._case(request, object_id)
        looking.opened(case, by=queues.reader(request), now=timezone.now(), source=Source.ADMIN)
        return case

    def _page(self, request: HttpRequest, case: Case, *, open_verb: str, form: VerbForm | None = None) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            **case_page(
                case,
                queues.reader(request),
                timezone.now(),
                open_verb=open_verb,
                open_form=form,
                wanted=Filter.read(request.GET),
            ),
            "title": case.number,
            "subtitle": None,
            "opts": self.opts,
            "media": self.media,
            "is_popup": IS_POPUP_VAR in request.GET,
        }
        request.current_app = self.admin_site.name
        return TemplateResponse(request, "admin/cases/case/page.html", context)

    # --- the history ----------------------------------------------------------------------------------------------

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if request.method not in ("GET", "HEAD"):
            return HttpResponseNotAllowed(["GET", "HEAD"])
        case = self._opened(request, object_id)
        Veil(case, reader=queues.reader(request)).cover(case)
        context = {"object": case, "title": self.history_view_title(request, case)} | (extra_context or {})
        return super().history_view(request, object_id, context)

    def history_form_view(
        self, request: HttpRequest, object_id: str, version_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """An older state, to look at. simple-history would show a form, and take a POST from those who only view."""
        if request.method not in ("GET", "HEAD"):
            return HttpResponseNotAllowed(["GET", "HEAD"])
        case = self._case(request, object_id)
        record = case.history.filter(pk=int(version_id)).first() if version_id.isdecimal() else None
        if record is None:
            raise Http404
        looking.opened(case, by=queues.reader(request), now=timezone.now(), source=Source.ADMIN, version=record.pk)
        then = record.instance
        Veil(case, reader=queues.reader(request)).cover(then)
        context = {
            **self.admin_site.each_context(request),
            **sheet(then),
            "case": then,
            "record": record,
            "done": action_label(record.history_change_reason),
            "title": case.number,
            "opts": self.opts,
            "media": self.media,
        } | (extra_context or {})
        request.current_app = self.admin_site.name
        return TemplateResponse(request, "admin/cases/case/version.html", context)
