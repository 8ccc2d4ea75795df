"""Business calendars: the weekly hours with their breaks, public holidays and further closures."""

from __future__ import annotations

from datetime import time
from zoneinfo import available_timezones

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from apps.audit.history import History

from .choices import Country, Weekday
from .version import Version, VersionPart


def validate_time_zone(name: str) -> None:
    if name not in available_timezones():
        raise ValidationError(_("“%(name)s” is not an IANA time zone such as Asia/Tokyo."), params={"name": name})


class Calendar(VersionPart):
    version = models.ForeignKey(
        Version, on_delete=models.CASCADE, related_name="calendars", verbose_name=_("policy version")
    )
    name = models.CharField(_("name"), max_length=100)
    time_zone = models.CharField(_("time zone"), max_length=50, default="Asia/Tokyo", validators=[validate_time_zone])
    country = models.CharField(
        _("public holidays"),
        max_length=2,
        choices=Country.choices,
        default=Country.JAPAN,
        blank=True,
        help_text=_("Closed on the public holidays of this country; empty: none."),
    )

    history = History()

    class Meta:
        verbose_name = _("business calendar")
        verbose_name_plural = _("business calendars")
        ordering = ["version", "name"]
        constraints = [models.UniqueConstraint(fields=["version", "name"], name="policy_calendar_name")]

    def __str__(self) -> str:
        return self.name


class OpenHours(VersionPart):
    """Several rows for one weekday leave the breaks between them. Closing at 00:00 means midnight at the day's end."""

    calendar = models.ForeignKey(
        Calendar, on_delete=models.CASCADE, related_name="hours", verbose_name=_("business calendar")
    )
    weekday = models.PositiveSmallIntegerField(_("weekday"), choices=Weekday.choices)
    opens = models.TimeField(_("opens"))
    closes = models.TimeField(_("closes"), help_text=_("00:00 is midnight at the end of the day."))

    history = History()

    class Meta:
        verbose_name = _("opening hours")
        verbose_name_plural = _("opening hours")
        ordering = ["calendar", "weekday", "opens"]
        constraints = [
            models.UniqueConstraint(fields=["calendar", "weekday", "opens"], name="policy_openhours_opens"),
            models.CheckConstraint(condition=Q(weekday__gte=0, weekday__lte=6), name="policy_openhours_weekday"),
            models.CheckConstraint(
                condition=Q(closes__gt=F("opens")) | Q(closes=time(0)),
                name="policy_openhours_closes_after_opening",
                violation_error_message=_("Closing time must be after opening time."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_weekday_display()} {self.opens:%H:%M}–{self.closes:%H:%M}"

    @property
    def owning_version(self) -> Version:
        return self.calendar.version


class Closure(VersionPart):
    """Whole days, first and last included. A yearly one may cross the turn of the year (29 December – 3 January)."""

    calendar = models.ForeignKey(
        Calendar, on_delete=models.CASCADE, related_name="closures", verbose_name=_("business calendar")
    )
    name = models.CharField(_("name"), max_length=100)
    starts_on = models.DateField(_("first day"))
    ends_on = models.DateField(_("last day"))
    every_year = models.BooleanField(_("every year"), default=False)

    history = History()

    class Meta:
        verbose_name = _("closure")
        verbose_name_plural = _("closures")
        ordering = ["calendar", "starts_on"]
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_on__gte=F("starts_on")),
                name="policy_closure_ends_after_start",
                violation_error_message=_("The last day must not be before the first day."),
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def owning_version(self) -> Version:
        return self.calendar.version
