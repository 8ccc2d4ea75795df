import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.cases.models.case import Case
from apps.cases.models.choices import HandOffKind
from apps.people.models import Level, Team


class HandOff(models.Model):
    """One passing-on of a case, from somebody to somebody. At most one per case is pending."""

    class Status(models.TextChoices):
        PENDING = "PENDING", _("Waiting for acceptance")
        ACCEPTED = "ACCEPTED", _("Accepted")
        SENT_BACK = "SENT_BACK", _("Sent back")
        SUPERSEDED = "SUPERSEDED", _("Passed on unaccepted")

    # Made here and not by the database, so that new and changed rows leave in one statement.
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    case = models.ForeignKey(Case, models.PROTECT, verbose_name=_("case"), related_name="hand_offs")
    kind = models.CharField(_("kind"), max_length=15, choices=HandOffKind.choices)
    status = models.CharField(_("status"), max_length=10, choices=Status.choices)
    from_state = models.CharField(_("from state"), max_length=20)
    from_team = models.ForeignKey(Team, models.PROTECT, verbose_name=_("from team"), related_name="+")
    from_level = models.ForeignKey(Level, models.PROTECT, verbose_name=_("from level"), related_name="+")
    from_owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, verbose_name=_("from"), related_name="+"
    )
    to_team = models.ForeignKey(Team, models.PROTECT, verbose_name=_("to team"), related_name="+")
    to_level = models.ForeignKey(Level, models.PROTECT, verbose_name=_("to level"), related_name="+")
    to_owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, verbose_name=_("to"), related_name="+"
    )
    reason = models.TextField(_("reason"))
    skip_reason = models.TextField(_("reason for skipping a level"), blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, verbose_name=_("by"), related_name="+")
    at = models.DateTimeField(_("at"))
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, verbose_name=_("answered by"), related_name="+"
    )
    answered_at = models.DateTimeField(_("answered at"), null=True)
    advice = models.TextField(_("advice"), blank=True)

    class Meta:
        verbose_name = _("hand-off")
        verbose_name_plural = _("hand-offs")
        ordering = ["at", "id"]
        indexes = [models.Index(fields=["case", "at"], name="cases_handoff_case_at")]
        constraints = [
            models.UniqueConstraint(fields=["case"], condition=Q(status="PENDING"), name="cases_handoff_one_pending"),
            models.CheckConstraint(
                condition=Q(status="PENDING", answered_at=None) | (~Q(status="PENDING") & Q(answered_at__isnull=False)),
                name="cases_handoff_answered_at_fits_the_status",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.from_team} → {self.to_team}"
