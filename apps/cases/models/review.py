from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.cases.models.case import Case
from apps.cases.models.choices import Verdict


class Review(models.Model):
    """What was learned from a case, written by someone other than its owner."""

    case = models.OneToOneField(Case, models.PROTECT, verbose_name=_("case"), related_name="review_record")
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, verbose_name=_("reviewer"), related_name="case_reviews"
    )
    at = models.DateTimeField(_("at"))
    verdict = models.CharField(_("verdict"), max_length=15, choices=Verdict.choices)
    worked = models.BooleanField(_("the measure worked"))
    may_recur = models.BooleanField(_("it may happen again"))
    lesson = models.TextField(_("lesson"), blank=True)
    thanks = models.TextField(_("word of thanks"))

    class Meta:
        verbose_name = _("review")
        verbose_name_plural = _("reviews")

    def __str__(self) -> str:
        return f"{self.case.number} {self.get_verdict_display()}"
