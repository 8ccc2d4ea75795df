"""The calendars of drafts as tables: opening hours and closures."""

from collections.abc import Iterable
from typing import Any

import tablib
from django.db import models
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.people.transfer.columns import Choice, Column, Day, Reference, Text, TimeOfDay, WholeNumber, YesNo, half_width
from apps.people.transfer.table import Table

from .models import Calendar, Closure, OpenHours, Version, Weekday

VERSION = gettext_lazy("policy version")


class CalendarColumn(Column):
    """A calendar is known by its version's number, in a column of its own, and its name."""

    def __init__(self) -> None:
        super().__init__("calendar", Reference(_calendars, "address"))

    def clean(self, row: dict[str, str], **kwargs: Any) -> Calendar:
        number, name = half_width(row[capfirst(str(VERSION))]), row[self.column_name]
        try:
            calendar: Calendar = self.widget.named(f"{number} {name}")
        except ValueError:
            raise ValueError(
                _("Version %(number)s of the policy has no business calendar “%(name)s”.")
                % {"number": number, "name": name}
            ) from None
        return calendar

    def export(self, instance: models.Model, **kwargs: Any) -> str:
        return str(self.get_value(instance))


def _calendars() -> Iterable[Calendar]:
    for calendar in Calendar.objects.select_related("version"):
        calendar.address = f"{calendar.version.number} {calendar.name}"  # type: ignore[attr-defined]
        yield calendar


class CalendarTable(Table):
    """What belongs to a calendar. The drafts are locked meanwhile, so that none is published half-way."""

    hint = gettext_lazy(
        "Only drafts can be imported into: copy a published version as a draft first. Rows that the file does not "
        "name stay as they are."
    )
    related = ("calendar__version",)

    def before_import(self, dataset: tablib.Dataset, **kwargs: Any) -> None:
        super().before_import(dataset, **kwargs)
        list(Version.objects.drafts().select_for_update())

    def filter_export(self, queryset: models.QuerySet[Any], **kwargs: Any) -> models.QuerySet[Any]:
        """The rows of the calendars that were asked for."""
        return super().filter_export(self.get_queryset().filter(calendar__in=queryset.order_by()))


class OpeningHours(CalendarTable):
    version = Column("calendar__version__number", WholeNumber(), label=VERSION, reads_only=True)
    calendar = CalendarColumn()
    weekday = Column("weekday", Choice(Weekday))
    opens = Column("opens", TimeOfDay())
    closes = Column("closes", TimeOfDay())

    class Meta(Table.Meta):
        model = OpenHours
        import_id_fields = ("version", "calendar", "weekday", "opens")
        fields = ("version", "calendar", "weekday", "opens", "closes")


class Closures(CalendarTable):
    version = Column("calendar__version__number", WholeNumber(), label=VERSION, reads_only=True)
    calendar = CalendarColumn()
    name = Column("name", Text())
    starts_on = Column("starts_on", Day())
    ends_on = Column("ends_on", Day())
    every_year = Column("every_year", YesNo())

    class Meta(Table.Meta):
        model = Closure
        import_id_fields = ("version", "calendar", "name", "starts_on")
        fields = ("version", "calendar", "name", "starts_on", "ends_on", "every_year")
