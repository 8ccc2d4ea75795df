"""What people wrote on the timeline, and how cases belong together."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.cases.models.case import Case
from apps.cases.models.choices import LinkKind, Visibility


class Update(models.Model):
    case = models.ForeignKey(Case, models.PROTECT, verbose_name=_("case"), related_name="updates")
    at = models.DateTimeField(_("at"))
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, verbose_name=_("by"), related_name="case_updates"
    )
    verb = models.CharField(_("written with"), max_length=20)
    visibility = models.CharField(_("visible to"), max_length=10, choices=Visibility.choices)
    text = models.TextField(_("text"))

    class Meta:
        verbose_name = _("timeline update")
        verbose_name_plural = _("timeline updates")
        ordering = ["at", "id"]
        indexes = [models.Index(fields=["case", "at"], name="cases_update_case_at")]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(visibility__in=Visibility.values), name="cases_update_visibility_known"
            ),
        ]

    def __str__(self) -> str:
        return self.text[:80]


class Link(models.Model):
    case = models.ForeignKey(Case, models.PROTECT, verbose_name=_("case"), related_name="links")
    kind = models.CharField(_("kind"), max_length=15, choices=LinkKind.choices)
    other = models.ForeignKey(Case, models.PROTECT, verbose_name=_("other case"), related_name="links_here")

    class Meta:
        verbose_name = _("link")
        verbose_name_plural = _("links")
        constraints = [
            models.UniqueConstraint(fields=["case", "kind", "other"], name="cases_link_once"),
            models.CheckConstraint(condition=~models.Q(case=models.F("other")), name="cases_link_to_another_case"),
        ]

    def __str__(self) -> str:
        return f"{self.case} – {self.get_kind_display()} – {self.other}"
