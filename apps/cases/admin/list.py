"""The list of cases: narrowed to one queue, most urgent on top."""

from __future__ import annotations

from typing import Any

from django.contrib.admin.views.main import ORDER_VAR
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.decorators import display
from unfold.views import ChangeList

from apps.cases.admin import queues
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


class CaseListAdmin(ModelAdmin):
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
