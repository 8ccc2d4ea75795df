"""The filters of a list in words: the chips of those in force, and what the drawer offers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import CharField, Exists, F, Model, OuterRef, QuerySet, Value
from django.db.models.functions import Cast
from django.utils.dateformat import format as format_date
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from apps.cases.admin.criteria import FILTERS, NOBODY, RELATED, Criteria, CriteriaForm
from apps.cases.models import Case, Deadline, State
from apps.people.models import Department, Level, Team, User
from apps.policy.models import Category, Priority

CLOSED_LISTS = {"state": State, "priority": Priority, "breach": Deadline.Kind}
MODELS: dict[str, type[Model]] = {
    "level": Level,
    "team": Team,
    "owner": User,
    "category": Category,
    "department": Department,
}
# Of an owner and of everything else: what `str` is made of, and what to sort by.
NAMES = {"owner": ("last_name", "first_name", "username", "last_name_kana"), "level": ("name", "name_en", "", "rank")}
NAMED = ("name", "name_en", "", "code")
TEXT = CharField()

Labels = Mapping[tuple[str, Any], str]  # by field and key, in the order in which they are offered


@dataclass(frozen=True, slots=True)
class Chip:
    """One condition that narrows the list; `without` is the query string that leaves it out."""

    label: str
    value: str
    without: str


@dataclass(frozen=True, slots=True)
class Choice:
    value: str
    label: str
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class Filter:
    """One group of the drawer. `is_long`: may have so many choices that they go into a select box."""

    name: str
    label: str
    choices: list[Choice]
    is_long: bool


def chips(criteria: Criteria, cases: QuerySet[Case]) -> list[Chip]:
    """What narrows the list besides its tab. One statement if rows are named. `cases`: what the person may see."""
    asked = {name: [key for key in criteria.values.get(name, ()) if key != NOBODY] for name in RELATED}
    labels = _labels(cases, {name: keys for name, keys in asked.items() if keys})
    found = []
    if criteria.words:
        found.append(Chip(_("Search"), criteria.words, criteria.query(but=["q"])))
    for name in FILTERS:
        value = criteria.values.get(name)
        for each in value if isinstance(value, list) else [value] if value else []:
            found.append(Chip(_label(name), _in_words(name, each, labels), criteria.without(name, each)))
    return found


def drawer(criteria: Criteria, cases: QuerySet[Case]) -> list[Filter]:
    """What may be filtered by: only what occurs in `cases`, which the person may see. One statement."""
    labels: dict[tuple[str, Any], str] = {}
    for name, options in CLOSED_LISTS.items():
        labels |= {(name, value): str(label) for value, label in options.choices}
    labels[("owner", NOBODY)] = _("nobody yet")
    labels |= _labels(cases, dict.fromkeys(RELATED))
    return [
        Filter(
            name,
            _label(name),
            [
                Choice(str(value), label, value in criteria.values.get(name, ()))
                for (of, value), label in labels.items()
                if of == name
            ],
            is_long=name in ("owner", "category", "department", "breach"),
        )
        for name in (*CLOSED_LISTS, *RELATED)
        if any(of == name for of, _value in labels)
    ]


def _label(name: str) -> str:
    return capfirst(str(CriteriaForm.base_fields[name].label))


def _in_words(name: str, value: Any, labels: Labels) -> str:
    if name in CLOSED_LISTS:
        return str(CLOSED_LISTS[name](value).label)
    if value == NOBODY:
        return _("nobody yet")
    if isinstance(value, date):
        return format_date(value, _("D j M Y"))
    return labels.get((name, value)) or _("nothing that you may see")


def _labels(cases: QuerySet[Case], asked: Mapping[str, Iterable[int] | None]) -> dict[tuple[str, Any], str]:
    """How the rows that `cases` point at are called; of each field all of them, or those with the keys asked for."""
    if not asked:
        return {}
    first, *others = [_occurring(cases, name, keys) for name, keys in asked.items()]
    rows = sorted(first.union(*others), key=lambda row: (row[0], row[-1]))
    return {(name, key): _name(name, names) for name, key, *names, _place in rows}


def _occurring(cases: QuerySet[Case], name: str, keys: Iterable[int] | None) -> QuerySet[Any]:
    rows = MODELS[name]._default_manager.filter(Exists(cases.filter(**{name: OuterRef("pk")})))
    if keys is not None:
        rows = rows.filter(pk__in=keys)
    columns = [Cast(F(column), TEXT) if column else Value("", output_field=TEXT) for column in NAMES.get(name, NAMED)]
    return rows.order_by().values_list(Value(name, output_field=TEXT), "pk", *columns)


def _name(name: str, names: list[str]) -> str:
    first, second, third = names
    if name == "owner":
        return str(User(last_name=first, first_name=second, username=third))
    return str(MODELS[name](name=first, name_en=second))
