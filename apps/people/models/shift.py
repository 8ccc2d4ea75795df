"""Who is on duty when: plain from–to rows."""

from datetime import datetime
from typing import Self

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.audit.history import History

from .organisation import Membership, Team


class ShiftQuerySet(models.QuerySet["Shift"]):
    """Querysets over shifts that read as sentences."""

    def on_duty(self, at: datetime) -> Self:
        """Shifts of active people that cover the aware moment `at`: the start counts, the end does not."""
        return self.filter(starts_at__lte=at, ends_at__gt=at, user__is_active=True)


class Shift(models.Model):
    """A person is on duty for a team from one moment up to another."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="shifts",
        limit_choices_to={"is_system": False},
        verbose_name=_("user"),
    )
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="shifts", verbose_name=_("team"))
    starts_at = models.DateTimeField(_("starts at"))
    ends_at = models.DateTimeField(_("ends at"))

    history = History()
    objects = ShiftQuerySet.as_manager()

    class Meta:
        verbose_name = _("shift")
        verbose_name_plural = _("shifts")
        ordering = ["starts_at", "team"]
        constraints = [
            models.CheckConstraint(
                name="people_shift_ends_after_start",
                condition=Q(ends_at__gt=F("starts_at")),
                violation_error_message=_("A shift must end after it starts."),
            ),
        ]
        indexes = [models.Index(name="people_shift_team_times", fields=["team", "ends_at", "starts_at"])]

    def __str__(self) -> str:
        start, end = (f"{timezone.localtime(moment):%Y-%m-%d %H:%M}" for moment in (self.starts_at, self.ends_at))
        return f"{self.user} – {self.team} {start} – {end}"

    def clean(self) -> None:
        """Refuse a person who is not in the team: they could not accept what duty brings them."""
        chosen = self.user_id and self.team_id
        if chosen and not Membership.objects.filter(user=self.user_id, team=self.team_id).exists():
            raise ValidationError({"user": _("Only a member of the team can be on duty for it.")})
