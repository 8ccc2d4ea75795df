"""The matrix of a draft as one form: twelve cells and four rows, saved together or not at all."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.db import models
from django.db.models import Q
from django.forms.models import model_to_dict
from django.http import QueryDict
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.people.models import Level, Team, User

from ..matrix import ROW_FIELDS, labels
from ..models import Impact, MatrixRow, Means, Priority, PriorityCell, Urgency, Version
from ..words import MINUTES, in_words, label, minutes

HISTORIES = ((PriorityCell, PriorityCell.history), (MatrixRow, MatrixRow.history))


class OneOf(forms.TypedChoiceField):
    """A choice among rows that are in memory already: four forms share them, and none asks the database again."""

    def __init__(self, rows: Mapping[int, models.Model], *, empty_label: str, **options: Any) -> None:
        super().__init__(
            choices=[("", empty_label), *((pk, str(row)) for pk, row in rows.items())],
            coerce=lambda value: rows[int(value)],
            empty_value=None,
            **options,
        )

    def has_changed(self, initial: Any, data: Any) -> bool:
        return str(initial or "") != str(data or "")


class Choices:
    """What the rows of a version choose among, in four statements."""

    def __init__(self, version: Version) -> None:
        in_use = Q(pk__in=version.rows.values("destination_team"))
        self.rows: dict[str, dict[int, models.Model]] = {
            "ladder": {ladder.pk: ladder for ladder in version.ladders.all()},
            "calendar": {calendar.pk: calendar for calendar in version.calendars.all()},
            "destination_level": {level.pk: level for level in Level.objects.all()},
            "destination_team": {team.pk: team for team in Team.objects.filter(Q(is_active=True) | in_use)},
        }

    def field(self, name: str) -> OneOf:
        empty = {"calendar": _("around the clock"), "destination_team": _("the team in charge on that level")}
        return OneOf(
            self.rows[name],
            label=label(MatrixRow, name),
            empty_label=empty.get(name, "—"),
            required=name not in empty,
        )


class PartForm(forms.ModelForm):
    """The form of one cell or row, and what that is called."""

    name: str


class CellForm(PartForm):
    class Meta:
        model = PriorityCell
        fields = ["priority"]

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.name = f"{self.instance.get_impact_display()} × {self.instance.get_urgency_display()}"
        if self.instance.pk:  # what is filled stays filled
            self.fields["priority"].choices = Priority.choices  # type: ignore[attr-defined]  # a choice field, by its choices


class RowForm(PartForm):
    means = forms.MultipleChoiceField(
        label=gettext_lazy("means"), choices=Means.choices, required=False, widget=forms.CheckboxSelectMultiple
    )

    class Meta:
        model = MatrixRow
        fields = ROW_FIELDS

    def __init__(self, *args: Any, choices: Choices, **options: Any) -> None:
        super().__init__(*args, **options)
        self.name = str(self.instance.get_priority_display())
        for name in choices.rows:
            self.fields[name] = choices.field(name)
        self.order_fields(ROW_FIELDS)
        for name, field in self.fields.items():
            field.help_text = ""
            if name in MINUTES:
                field.widget.attrs |= {"inputmode": "numeric", "min": 1}

    def clean(self) -> dict[str, Any]:
        """The limits ascend: said at the limit that is too short."""
        values: dict[str, Any] = super().clean() or self.cleaned_data
        answer, first_line, resolution = (values.get(name) for name in ROW_FIELDS[:3])
        if answer and first_line and first_line <= answer:
            self.add_error(
                "first_line_limit", _("Must be longer than the first response (%(span)s).") % {"span": minutes(answer)}
            )
        if first_line and resolution and resolution < first_line:
            self.add_error(
                "resolution_limit",
                _("Must not be shorter than the first-line limit (%(span)s).") % {"span": minutes(first_line)},
            )
        return values


@dataclass(frozen=True, slots=True)
class Past:
    """What the history says about the matrix since the moment `seen` that the person's page shows."""

    then: dict[tuple[type[models.Model], int], models.Model]  # the rows as that page showed them
    changed_by: dict[tuple[type[models.Model], int], int | None]  # who changed a row since then
    now: str  # the token of the present state

    @classmethod
    def read(cls, version: Version, seen: str) -> Past:
        """Two statements. A token that is none counts as one from before everything."""
        limits = [int(part) for part in seen.split(".")] if re.fullmatch(r"\d{1,18}\.\d{1,18}", seen) else [0, 0]
        then: dict[tuple[type[models.Model], int], models.Model] = {}
        changed_by: dict[tuple[type[models.Model], int], int | None] = {}
        newest = []
        for (model, history), limit in zip(HISTORIES, limits, strict=True):
            latest = 0
            for record in history.filter(version_id=version.pk).order_by("history_id"):
                latest = record.history_id
                if latest <= limit:
                    then[model, record.id] = record.instance
                else:
                    changed_by[model, record.id] = record.history_user_id
            newest.append(latest)
        return cls(then, changed_by, ".".join(map(str, newest)))


class Grid:
    """The forms of one draft. Bound to `data` they hold what was typed; `past` tells what happened meanwhile."""

    def __init__(self, version: Version, data: QueryDict | None = None) -> None:
        self.version = version
        self.choices = Choices(version)
        cells = {(cell.impact, cell.urgency): cell for cell in version.cells.all()}
        rows = {row.priority: row for row in version.rows.all()}
        self.parts: dict[str, models.Model] = {
            f"cell-{impact}-{urgency}": cells.get((impact, urgency)) or PriorityCell(impact=impact, urgency=urgency)
            for impact in Impact
            for urgency in Urgency
        }
        self.parts |= {f"row-{each}": rows.get(each) or MatrixRow(priority=each) for each in Priority}
        for part in self.parts.values():
            part.version = version  # type: ignore[attr-defined]  # cells and rows have one, known already
        self.past = Past.read(version, data.get("seen", "") if data else "")
        self.is_bound = data is not None
        self.forms = {prefix: self._form(prefix, part, data) for prefix, part in self.parts.items()}
        if data is not None and self.meanwhile:
            self._merge(data)

    @property
    def cells(self) -> list[tuple[str, list[PartForm]]]:
        return [(str(impact.label), [self.forms[f"cell-{impact}-{each}"] for each in Urgency]) for impact in Impact]

    @property
    def urgencies(self) -> list[str]:
        return [str(urgency.label) for urgency in Urgency]

    @property
    def labels(self) -> list[str]:
        return labels()

    @property
    def rows(self) -> list[PartForm]:
        return [self.forms[f"row-{priority}"] for priority in Priority]

    @property
    def meanwhile(self) -> bool:
        """Whether somebody saved the matrix since the person's page was made."""
        return bool(self.past.changed_by)

    def others(self) -> str:
        """Who did, by name."""
        ids = {pk for pk in self.past.changed_by.values() if pk is not None}
        return _(", ").join(str(user) for user in User.objects.filter(pk__in=ids)) or _("Somebody")

    def is_valid(self) -> bool:
        return all(form.is_valid() for form in self.forms.values())

    def errors(self) -> Iterator[tuple[str, str, str]]:
        """(id of the control, what it is, sentence) of everything that is wrong."""
        for form in self.forms.values():
            for name, sentences in form.errors.items():
                field = form[name] if name in form.fields else form[next(iter(form.fields))]
                what = form.name if len(form.fields) == 1 else f"{form.name} {capfirst(str(field.label))}"
                for sentence in sentences:
                    yield field.auto_id, what, str(sentence)

    def save(self) -> list[str]:
        """Write what was changed, each with its history and its entry in the journal; the names of what that was."""
        changed = [form for form in self.forms.values() if form.has_changed()]
        for form in changed:
            form.save()
        return [form.name for form in changed]

    def _form(self, prefix: str, part: models.Model, data: Mapping[str, Any] | None) -> PartForm:
        options: dict[str, Any] = {"prefix": prefix, "instance": part, "empty_permitted": part.pk is None}
        if isinstance(part, PriorityCell):
            return CellForm(data, use_required_attribute=False, **options)
        return RowForm(data, use_required_attribute=False, choices=self.choices, **options)

    def _merge(self, data: QueryDict) -> None:
        """Keep what the person typed; take over from the others what the person left alone; name where both changed."""
        merged = data.copy()
        clashes: list[tuple[str, str, str]] = []
        for prefix, part in self.parts.items():
            key = (type(part), part.pk)
            if key not in self.past.changed_by:
                continue
            now, then = model_to_dict(part), self.past.then.get(key)
            shown = model_to_dict(then) if then is not None else {}
            form = self.forms[prefix]
            typed = self._form(prefix, then, data).changed_data if then is not None else list(form.fields)
            for name in form.fields:
                if name not in typed:
                    _put(merged, f"{prefix}-{name}", now[name])
                elif name in form.changed_data and shown.get(name) != now[name]:
                    clashes.append((prefix, name, in_words(part, name) or "—"))
        self.forms = {prefix: self._form(prefix, part, merged) for prefix, part in self.parts.items()}
        self.is_valid()
        for prefix, name, value in clashes:
            self.forms[prefix].add_error(name, _("Meanwhile changed by somebody else to: %(value)s") % {"value": value})


def _put(data: QueryDict, name: str, value: Any) -> None:
    """As a browser would send it."""
    if isinstance(value, list):
        data.setlist(name, value)
    elif value is True:
        data[name] = "on"
    elif value is False:
        data.pop(name, None)
    else:
        data[name] = "" if value is None else str(value)
