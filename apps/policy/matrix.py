"""The matrix of a version to read: the cells by impact and urgency, and a column for each priority."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _

from .models import Impact, MatrixRow, Priority, PriorityCell, Urgency, Version
from .words import in_words, label

ROW_FIELDS = (
    *("first_response", "first_line_limit", "resolution_limit", "status_interval"),
    *("stale_limit", "confirmation_limit", "review_limit", "calendar"),
    *("destination_level", "destination_team", "alert_head", "ladder", "means"),
)


@dataclass(frozen=True, slots=True)
class Column:
    priority: Priority
    values: list[tuple[str, str]]  # (label, words); none while the row is missing


@dataclass(frozen=True, slots=True)
class Matrix:
    cells: list[tuple[str, list[tuple[str, str, str]]]]  # impact: (urgency, code of the priority, its label) each
    columns: list[Column]


def matrix(version: Version) -> Matrix:
    """Two statements."""
    found = {(cell.impact, cell.urgency): cell for cell in version.cells.all()}
    related = version.rows.select_related("destination_level", "destination_team", "ladder", "calendar")
    rows = {row.priority: row for row in related}
    return Matrix(
        cells=[
            (str(impact.label), [_cell(urgency, found.get((impact, urgency))) for urgency in Urgency])
            for impact in Impact
        ],
        columns=[Column(priority, _values(rows[priority]) if priority in rows else []) for priority in Priority],
    )


def labels() -> list[str]:
    """What the fields of a row are called, in the order of the grid."""
    return [label(MatrixRow, name) for name in ROW_FIELDS]


def _cell(urgency: Urgency, cell: PriorityCell | None) -> tuple[str, str, str]:
    code, words = (cell.priority.lower(), cell.get_priority_display()) if cell else ("", "")
    return str(urgency.label), code, words


def _values(row: MatrixRow) -> list[tuple[str, str]]:
    empty = {"destination_team": _("the team in charge on that level"), "means": _("none")}
    return [(label(MatrixRow, name), in_words(row, name) or str(empty.get(name, ""))) for name in ROW_FIELDS]
