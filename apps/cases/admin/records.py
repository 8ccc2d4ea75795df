"""Clocks and hand-offs of all visible cases, to look at."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.decorators import display

from apps.cases.admin import queues
from apps.cases.models import Deadline, HandOff, State
from apps.cases.templatetags.case_words import span
from apps.cases.veil import Veil
from apps.people.admin import MaskedForAuditors
from apps.people.models import Role, User


class ReadOnlyAdmin(admin.options.BaseModelAdmin):
    """Refuses every add, change and delete."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


class FailingFilter(admin.SimpleListFilter):
    title = _("handling")
    parameter_name = "failing"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("yes", _("Could not be handled"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Deadline]) -> QuerySet[Deadline]:
        return queryset.filter(FAILING) if self.value() == "yes" else queryset


FAILING = Q(next_at__isnull=False, attempts__gt=0)


@admin.register(Deadline)
class DeadlineAdmin(ReadOnlyAdmin, ModelAdmin):
    """The clocks. The policy owner sees those that could not be handled of every case, by number and error alone."""

    list_display = ["number", "kind", "state_label", "due_at", "next_at", "attempts", "error"]
    list_display_links = ["kind"]
    list_filter = [FailingFilter, "state", "kind"]
    search_fields = ["case__number"]
    ordering = ["-due_at"]
    show_full_result_count = False
    actions = None
    fields = [
        "number",
        "kind",
        "state",
        "round",
        "started_at",
        "length",
        "warn_at",
        "due_at",
        "warned_at",
        "ended_at",
        "left",
        "next_at",
        "attempts",
        "error",
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Deadline]:
        allowed = Q(case__in=queues.visible(queues.reader(request)))
        if Role.POLICY_OWNER in queues.reader(request).roles:
            allowed |= FAILING
        return Deadline.objects.filter(allowed).select_related("case")

    @display(description=_("number"), ordering="case__number")
    def number(self, clock: Deadline) -> str:
        return clock.case.number

    @display(description=_("span"))
    def length(self, clock: Deadline) -> str:
        return span(clock.span) if clock.span else "–"

    @display(description=_("remaining when paused"))
    def left(self, clock: Deadline) -> str:
        return span(clock.remaining) if clock.remaining else "–"

    @display(
        description=_("state"),
        ordering="state",
        label={"RUNNING": "info", "PAUSED": "warning", "FIRED": "danger", "SETTLED": "success", "CANCELLED": "default"},
    )
    def state_label(self, clock: Deadline) -> tuple[str, str]:
        return clock.state, clock.get_state_display()


@admin.register(HandOff)
class HandOffAdmin(MaskedForAuditors, ReadOnlyAdmin, ModelAdmin):
    list_display = ["number", "kind", "from_team", "to_team", "status", "by", "at", "answered_by", "answered_at"]
    list_display_links = ["kind"]
    list_filter = ["kind", "status"]
    list_select_related = ["case", "from_team", "to_team", "by", "answered_by"]
    search_fields = ["case__number", "reason"]
    ordering = ["-at"]
    show_full_result_count = False
    actions = None

    def get_queryset(self, request: HttpRequest) -> QuerySet[HandOff]:
        return HandOff.objects.filter(case__in=queues.visible(queues.reader(request))).select_related("case")

    def get_search_fields(self, request: HttpRequest) -> list[str]:
        """A search in words that are masked would tell them too."""
        return self.search_fields[:1] if queues.reader(request).only_audits else self.search_fields

    def mask(self, rows: Sequence[HandOff], reader: User) -> None:
        cases = {row.case_id: row.case for row in rows}
        veil = Veil(*cases.values(), reader=reader)
        veil.cover(*rows, *cases.values())
        for row in rows:
            row.case = cases[row.case_id]

    @display(description=_("number"), ordering="case__number")
    def number(self, hand_off: HandOff) -> str:
        return hand_off.case.number

    def get_fields(self, request: HttpRequest, obj: HandOff | None = None) -> list[Any]:
        return ["former_state" if name == "from_state" else str(name) for name in super().get_fields(request, obj)]

    @display(description=_("from state"))
    def former_state(self, hand_off: HandOff) -> str:
        return str(State(hand_off.from_state).label)
