"""The list of cases, the page of a case, and the door through which its verbs come in."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.options import IS_POPUP_VAR
from django.contrib.admin.views.main import ORDER_VAR
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import URLPattern, re_path, reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.decorators import display
from unfold.views import ChangeList

from apps.audit.models import Source
from apps.cases import looking, verbs
from apps.cases.admin import queues
from apps.cases.admin.history import ReadableHistoryAdmin
from apps.cases.admin.page import RELATED, case_page, sheet
from apps.cases.admin.records import ReadOnlyAdmin
from apps.cases.admin.showing import ShowsMasked
from apps.cases.admin.timeline import action_label
from apps.cases.checks import Refused
from apps.cases.forms import VerbForm
from apps.cases.models import Case
from apps.cases.models.case import CaseQuerySet

QUEUE_VAR = "queue"


class CaseList(ChangeList):
    """The list narrowed to one queue, in the queue's order."""

    def get_filters_params(self, params: dict[str, Any] | None = None) -> dict[str, Any]:
        lookups: dict[str, Any] = super().get_filters_params(params)
        lookups.pop(QUEUE_VAR, None)
        return lookups

    def get_queryset(self, request: HttpRequest, exclude_parameters: Any = None) -> QuerySet[Case]:
        self.queue = queues.QUEUES.get(request.GET.get(QUEUE_VAR, ""), queues.QUEUES["all"])
        cases: CaseQuerySet = self.model_admin.get_queryset(request)
        self.root_queryset = self.queue.narrow(cases, queues.reader(request), timezone.now())
        return super().get_queryset(request, exclude_parameters)

    def _get_default_ordering(self) -> tuple[object, ...]:
        return self.queue.ordering

    def get_ordering_field_columns(self) -> dict[int, str]:
        """Marks a column as sorted only if the person sorted by it."""
        return super().get_ordering_field_columns() if ORDER_VAR in self.params else {}


@admin.register(Case)
class CaseAdmin(ShowsMasked, ReadOnlyAdmin, ReadableHistoryAdmin, ModelAdmin):
    list_display = ["headline", "standing", "holder", "deadline", "age"]
    list_display_links = None  # the headline is a link of its own
    list_filter = ["state", "priority", "level", "team"]
    list_before_template = "admin/cases/case/queues.html"
    list_per_page = 50
    list_fullwidth = True
    search_fields = ["number", "subject", "customer"]
    search_help_text = _("Number, subject or customer")
    show_full_result_count = False
    actions = None

    # --- the list -------------------------------------------------------------------------------------------------

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[CaseList]:
        return CaseList

    def get_queryset(self, request: HttpRequest) -> QuerySet[Case]:
        """All that the person may see: every page of this admin reads through here."""
        cases = queues.with_urgency(queues.visible(queues.reader(request)))
        return cases.select_related("team", "level", "owner").prefetch_related(queues.clocks())

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        if request.method not in ("GET", "HEAD"):
            return HttpResponseNotAllowed(["GET", "HEAD"])
        names = {"queues": queues.QUEUES.values(), "queue_var": QUEUE_VAR}
        return super().changelist_view(
            request, names | {"title": self.opts.verbose_name_plural} | (extra_context or {})
        )

    @display(description=_("case"), ordering="number")
    def headline(self, case: Case) -> SafeString:
        return render_to_string("cases/_headline.html", {"case": case})

    @display(description=_("state"), ordering="priority")
    def standing(self, case: Case) -> SafeString:
        return render_to_string("cases/_standing.html", {"case": case})

    @display(description=_("in charge"), ordering="level__rank")
    def holder(self, case: Case) -> SafeString:
        return render_to_string("cases/_holder.html", {"case": case})

    @display(description=_("deadline"), ordering="next_due")
    def deadline(self, case: Case) -> SafeString:
        return render_to_string("cases/_deadline.html", {"badge": queues.badge_of(case, timezone.now())})

    @display(description=_("age"), ordering="-received_at")
    def age(self, case: Case) -> SafeString:
        return render_to_string("cases/_age.html", {"case": case})

    # --- the page -------------------------------------------------------------------------------------------------

    def get_urls(self) -> list[URLPattern]:
        names = "|".join(verbs.VERBS)
        view = self.admin_site.admin_view(self.verb_view)
        return [re_path(rf"^(?P<pk>\d+)/(?P<verb>{names})/$", view, name="cases_case_verb"), *super().get_urls()]

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
        case = self._case(request, pk)
        user = queues.reader(request)
        form = verbs.VERBS[verb].form(request.POST, case=case, user=user)
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
        form = verbs.VERBS[verb].form(request.POST, case=case, user=user)
        form.refuse(refused)
        return self._page(request, case, open_verb=verb, form=form)

    def _done(self, request: HttpRequest, case: Case, verb: str) -> HttpResponse:
        sentence = gettext("%(verb)s: done. %(number)s is now %(state)s.")
        words = {"verb": verbs.VERBS[verb].label, "number": case.number, "state": case.get_state_display()}
        messages.success(request, sentence % words)
        if self.get_queryset(request).filter(pk=case.pk).exists():
            return HttpResponseRedirect(reverse("admin:cases_case_change", args=[case.pk]))
        return HttpResponseRedirect(reverse("admin:cases_case_changelist"))  # it left what the person may see

    def _case(self, request: HttpRequest, object_id: str) -> Case:
        try:
            case = self.get_queryset(request).select_related(*RELATED).get(pk=int(object_id))
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
            **case_page(case, queues.reader(request), timezone.now(), open_verb=open_verb, open_form=form),
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
        self._opened(request, object_id)
        return super().history_view(request, object_id, extra_context)

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
        context = {
            **self.admin_site.each_context(request),
            **sheet(record.instance),
            "case": record.instance,
            "record": record,
            "done": action_label(record.history_change_reason),
            "title": case.number,
            "opts": self.opts,
            "media": self.media,
        } | (extra_context or {})
        request.current_app = self.admin_site.name
        return TemplateResponse(request, "admin/cases/case/version.html", context)
