"""Clocks as rows. Nothing else holds a deadline: no broker ETA, no sleeping task."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.cases.models.case import Case
from apps.cases.models.choices import WaitingFor


class Deadline(models.Model):
    """One running of one clock. A clock that repeats is a new row, so each row is due at most once.

    `span` and `remaining` are working time in the calendar of the case's matrix row (elapsed time for
    REQUESTED and HOLD). `next_at` is the moment at which the sweep has to look at the row: the warning, then the due
    time, or the next try after an error; null unless RUNNING.
    """

    class Kind(models.TextChoices):
        FIRST_RESPONSE = "FIRST_RESPONSE", _("First response")
        FIRST_LINE_LIMIT = "FIRST_LINE_LIMIT", _("First-line limit")
        ACCEPTANCE = "ACCEPTANCE", _("Acceptance")
        RESOLUTION = "RESOLUTION", _("Resolution")
        STATUS_UPDATE = "STATUS_UPDATE", _("Status update")
        STALE = "STALE", _("No activity")
        REQUESTED = "REQUESTED", _("Wanted by")
        CONFIRMATION = "CONFIRMATION", _("Customer's confirmation")
        REVIEW = "REVIEW", _("Review")
        HOLD = "HOLD", _("End of the hold")  # how a hold that ends by itself is a clock like the nine others

    class State(models.TextChoices):
        RUNNING = "RUNNING", _("Running")
        PAUSED = "PAUSED", _("Paused")
        FIRED = "FIRED", _("Missed")
        SETTLED = "SETTLED", _("Met")
        CANCELLED = "CANCELLED", _("No longer needed")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    case = models.ForeignKey(Case, models.PROTECT, verbose_name=_("case"), related_name="deadlines")
    kind = models.CharField(_("clock"), max_length=20, choices=Kind.choices)
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.RUNNING)
    round = models.PositiveSmallIntegerField(_("round"), default=1)
    started_at = models.DateTimeField(_("started at"))
    span = models.DurationField(_("span"))
    warn_at = models.DateTimeField(_("warning at"), null=True)
    due_at = models.DateTimeField(_("due at"))
    warned_at = models.DateTimeField(_("warned at"), null=True)
    ended_at = models.DateTimeField(_("ended at"), null=True)
    remaining = models.DurationField(_("remaining when paused"), null=True)
    next_at = models.DateTimeField(_("next look at"), null=True)
    attempts = models.PositiveSmallIntegerField(_("failed attempts"), default=0)
    error = models.TextField(_("last error"), blank=True)

    class Meta:
        verbose_name = _("clock")
        verbose_name_plural = _("clocks")
        ordering = ["due_at", "id"]
        indexes = [
            models.Index(fields=["next_at", "case"], condition=Q(next_at__isnull=False), name="cases_deadline_next_at"),
            models.Index(fields=["case", "state"], name="cases_deadline_case_state"),
            models.Index(
                fields=["attempts"],
                condition=Q(next_at__isnull=False, attempts__gt=0),
                name="cases_deadline_failing",
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["case", "kind"], condition=Q(state__in=["RUNNING", "PAUSED"]), name="cases_deadline_one_live"
            ),
            models.CheckConstraint(
                condition=Q(state="RUNNING", next_at__isnull=False, ended_at=None, remaining=None)
                | Q(state="PAUSED", next_at=None, ended_at=None, remaining__isnull=False)
                | (Q(next_at=None, ended_at__isnull=False) & ~Q(state__in=["RUNNING", "PAUSED"])),
                name="cases_deadline_columns_fit_the_state",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.due_at:%Y-%m-%d %H:%M}"


class Firing(models.Model):
    """That a clock warned or fell due. The unique key makes a second firing impossible, whoever sweeps."""

    class Step(models.TextChoices):
        WARNING = "WARNING", _("Warning")
        DUE = "DUE", _("Due")

    deadline = models.ForeignKey(Deadline, models.PROTECT, verbose_name=_("clock"), related_name="firings")
    step = models.CharField(_("step"), max_length=10, choices=Step.choices)
    at = models.DateTimeField(_("at"))

    class Meta:
        verbose_name = _("firing")
        verbose_name_plural = _("firings")
        constraints = [models.UniqueConstraint(fields=["deadline", "step"], name="cases_firing_once")]

    def __str__(self) -> str:
        return f"{self.deadline} {self.get_step_display()}"


class Pause(models.Model):
    """A hold: its working time is given back to the clocks that it stopped."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    case = models.ForeignKey(Case, models.PROTECT, verbose_name=_("case"), related_name="pauses")
    waiting_for = models.CharField(_("waiting for"), max_length=15, choices=WaitingFor.choices)
    reason = models.TextField(_("reason"), blank=True)
    began_at = models.DateTimeField(_("began at"))
    until = models.DateTimeField(_("until"))
    ended_at = models.DateTimeField(_("ended at"), null=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, verbose_name=_("by"), related_name="+")

    class Meta:
        verbose_name = _("hold")
        verbose_name_plural = _("holds")
        ordering = ["began_at"]
        constraints = [
            models.UniqueConstraint(fields=["case"], condition=Q(ended_at=None), name="cases_pause_one_open"),
            models.CheckConstraint(condition=Q(until__gt=models.F("began_at")), name="cases_pause_until_is_later"),
        ]

    def __str__(self) -> str:
        return f"{self.get_waiting_for_display()} {self.began_at:%Y-%m-%d %H:%M}"


class SweepStatus(models.Model):
    """One row: how the sweep is doing. Lateness in seconds, the greatest of the day named in `worst_on`."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    swept_at = models.DateTimeField(_("last sweep"))
    lateness = models.PositiveIntegerField(_("lateness of the last sweep (seconds)"), default=0)
    worst_lateness = models.PositiveIntegerField(_("greatest lateness of the day (seconds)"), default=0)
    worst_on = models.DateField(_("day of the greatest lateness"))

    class Meta:
        verbose_name = _("state of the sweep")
        verbose_name_plural = _("state of the sweep")
        constraints = [models.CheckConstraint(condition=Q(id=1), name="cases_sweepstatus_single_row")]

    def __str__(self) -> str:
        return f"{self.swept_at:%Y-%m-%d %H:%M:%S}"
