"""A ladder: its rungs to read in order, and to change in a draft."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate
from typing import Any

from django.contrib import admin
from django.db.models import ForeignKey
from django.forms import ModelChoiceField
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from apps.people.models import User

from ..models import Ladder, Rung
from ..words import in_words, minutes, told
from .draft import MeansForm, PartAdmin, PartInline


class RungInline(PartInline):
    model = Rung
    form = MeansForm
    ordering = ["position"]
    readonly_fields = ["ways"]

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        """Where nothing can be ticked the means are words."""
        names = [str(name) for name in super().get_fields(request, obj) if name != "ways"]
        return names if self.has_change_permission(request, obj) else ["ways" if n == "means" else n for n in names]

    def formfield_for_foreignkey(
        self, db_field: ForeignKey, request: HttpRequest, **kwargs: Any
    ) -> ModelChoiceField | None:
        if db_field.name == "person":
            kwargs["queryset"] = User.objects.people()
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    @admin.display(description=_("means"))
    def ways(self, rung: Rung) -> str:
        return in_words(rung, "means") or "–"


@dataclass(frozen=True, slots=True)
class Step:
    """A rung in words. `after`: working time since the hand-off; "" for at once."""

    position: int
    whom: str
    after: str
    means: str
    wait: str


@admin.register(Ladder)
class LadderAdmin(PartAdmin):
    inlines = [RungInline]
    change_form_outer_before_template = "admin/policy/ladder/steps.html"

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **options: Any) -> Any:
        ladder = options.get("obj")
        if ladder is not None:
            rows = list(ladder.rows.select_related("calendar").order_by("priority"))
            context |= {
                "ladder": ladder,
                "steps": steps(ladder),
                "alarm_interval": minutes(ladder.alarm_interval),
                "users": [(row.get_priority_display(), in_words(row, "calendar")) for row in rows],
            }
        return super().render_change_form(request, context, *args, **options)


def steps(ladder: Ladder) -> list[Step]:
    """Its rungs in order, in one statement."""
    rungs = list(ladder.rungs.select_related("team", "person").order_by("position"))
    passed = accumulate((rung.wait for rung in rungs), initial=0)
    return [
        Step(rung.position, told(rung), minutes(after) if after else "", in_words(rung, "means"), minutes(rung.wait))
        for rung, after in zip(rungs, passed, strict=False)
    ]
