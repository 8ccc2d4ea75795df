"""A ladder: its rungs to read in order, and to change in a draft."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate
from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from ..models import Ladder, Rung
from ..words import in_words, minutes, told
from .draft import MeansForm, PartAdmin, PartInline


class RungInline(PartInline):
    model = Rung
    form = MeansForm
    ordering = ["position"]


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
