"""The matrix: impact and urgency give the priority, the priority gives the limits and the destination."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from apps.audit.history import History

from .calendar import Calendar
from .choices import Impact, Priority, Urgency
from .ladder import Ladder, validate_means
from .version import Version, VersionPart


class PriorityCell(VersionPart):
    version = models.ForeignKey(
        Version, on_delete=models.CASCADE, related_name="cells", verbose_name=_("policy version")
    )
    impact = models.CharField(_("impact"), max_length=10, choices=Impact.choices)
    urgency = models.CharField(_("urgency"), max_length=10, choices=Urgency.choices)
    priority = models.CharField(_("priority"), max_length=2, choices=Priority.choices)

    history = History()

    class Meta:
        verbose_name = _("priority cell")
        verbose_name_plural = _("priority cells")
        ordering = ["version", "priority", "impact", "urgency"]
        constraints = [
            models.UniqueConstraint(fields=["version", "impact", "urgency"], name="policy_prioritycell_cell"),
        ]

    def __str__(self) -> str:
        return f"{self.get_impact_display()} × {self.get_urgency_display()} → {self.priority}"


class MatrixRow(VersionPart):
    """What happens to the cases of one priority. All limits are working minutes of the row's calendar."""

    version = models.ForeignKey(
        Version, on_delete=models.CASCADE, related_name="rows", verbose_name=_("policy version")
    )
    priority = models.CharField(_("priority"), max_length=2, choices=Priority.choices)
    first_response = models.PositiveIntegerField(_("first response (min)"), validators=[MinValueValidator(1)])
    first_line_limit = models.PositiveIntegerField(_("first-line limit (min)"), validators=[MinValueValidator(1)])
    resolution_limit = models.PositiveIntegerField(_("resolution limit (min)"), validators=[MinValueValidator(1)])
    status_interval = models.PositiveIntegerField(_("status interval (min)"), validators=[MinValueValidator(1)])
    stale_limit = models.PositiveIntegerField(_("stale after (min)"), validators=[MinValueValidator(1)])
    confirmation_limit = models.PositiveIntegerField(_("confirmation limit (min)"), validators=[MinValueValidator(1)])
    review_limit = models.PositiveIntegerField(_("review limit (min)"), validators=[MinValueValidator(1)])
    destination_level = models.ForeignKey(
        "people.Level", on_delete=models.PROTECT, related_name="+", verbose_name=_("destination level")
    )
    destination_team = models.ForeignKey(
        "people.Team",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("destination team"),
        help_text=_("Empty: the team in charge is looked up on the destination level."),
    )
    alert_head = models.BooleanField(_("tell the person responsible as well"), default=False)
    means = models.JSONField(_("means"), default=list, blank=True, validators=[validate_means])
    ladder = models.ForeignKey(Ladder, on_delete=models.RESTRICT, related_name="rows", verbose_name=_("ladder"))
    calendar = models.ForeignKey(
        Calendar,
        on_delete=models.RESTRICT,
        null=True,
        blank=True,
        related_name="rows",
        verbose_name=_("business calendar"),
        help_text=_("Empty: around the clock."),
    )

    history = History()

    class Meta:
        verbose_name = _("matrix row")
        verbose_name_plural = _("matrix rows")
        ordering = ["version", "priority"]
        constraints = [
            models.UniqueConstraint(fields=["version", "priority"], name="policy_matrixrow_priority"),
            models.CheckConstraint(
                condition=Q(
                    first_response__gte=1,
                    status_interval__gte=1,
                    stale_limit__gte=1,
                    confirmation_limit__gte=1,
                    review_limit__gte=1,
                ),
                name="policy_matrixrow_limits_positive",
            ),
            models.CheckConstraint(
                condition=Q(first_line_limit__gt=F("first_response"), resolution_limit__gte=F("first_line_limit")),
                name="policy_matrixrow_limits_ascend",
                violation_error_message=_(
                    "The first response must be due before the first-line limit, and that no later than the resolution."
                ),
            ),
        ]

    def __str__(self) -> str:
        return str(self.get_priority_display())

    def clean(self) -> None:
        super().clean()
        for part in (self.ladder if self.ladder_id else None, self.calendar):
            if part is not None and part.version_id != self.version_id:
                raise ValidationError(
                    _("“%(name)s” belongs to another version of the policy."), params={"name": part.name}
                )
