from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.audit.history import History
from apps.policy.models import Category


class Retention(models.Model):
    """How long personal data is kept after it was needed: of settled cases by their kind, of members who have left."""

    class Of(models.TextChoices):
        CASES = "CASES", _("Cases, after they were settled")
        MEMBERS = "MEMBERS", _("Members, after they left")

    of = models.CharField(_("whose data"), max_length=10, choices=Of.choices)
    category = models.ForeignKey(
        Category,
        models.PROTECT,
        null=True,
        blank=True,
        verbose_name=_("kind of case"),
        related_name="retentions",
        help_text=_("Empty: all cases whose kind has no period of its own."),
    )
    days = models.PositiveIntegerField(_("days"), help_text=_("After so many days a redaction is proposed."))

    history = History()

    class Meta:
        verbose_name = _("retention period")
        verbose_name_plural = _("retention periods")
        ordering = ["of", "category"]
        constraints = [
            models.UniqueConstraint(
                fields=["category"],
                name="cases_retention_category_once",
                violation_error_message=_("This kind of case has a period already."),
            ),
            models.UniqueConstraint(
                fields=["of"],
                condition=Q(category=None),
                name="cases_retention_general_once",
                violation_error_message=_("There is such a period already."),
            ),
            models.CheckConstraint(
                condition=Q(of="CASES") | Q(category=None),
                name="cases_retention_members_have_no_category",
                violation_error_message=_("A kind of case fits a period for cases only."),
            ),
            models.CheckConstraint(
                condition=Q(days__gte=1),
                name="cases_retention_from_1_day",
                violation_error_message=_("A period is one day at least."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.category or self.get_of_display()}: {self.days}"
