"""What must be ticked before a verb."""

from __future__ import annotations

from django.db import models
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from apps.audit.history import History

from .choices import Verb
from .trigger import Category
from .version import Version, VersionPart


def in_active_language(text: str, text_en: str) -> str:
    """The English text for a reader of English if there is one, else the Japanese text."""
    return text_en if text_en and (get_language() or "").startswith("en") else text


class ChecklistItem(VersionPart):
    version = models.ForeignKey(
        Version, on_delete=models.CASCADE, related_name="checklist", verbose_name=_("policy version")
    )
    verb = models.CharField(_("before"), max_length=10, choices=Verb.choices)
    position = models.PositiveSmallIntegerField(_("position"), default=1)
    category = models.ForeignKey(
        Category,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("case category"),
        help_text=_("Only cases of this category; empty: of any."),
    )
    text = models.CharField(_("text"), max_length=200)
    text_en = models.CharField(_("text (English)"), max_length=200, blank=True)
    required = models.BooleanField(_("required"), default=True)

    history = History()

    class Meta:
        verbose_name = _("checklist item")
        verbose_name_plural = _("checklist items")
        ordering = ["version", "verb", "position", "id"]

    def __str__(self) -> str:
        return in_active_language(self.text, self.text_en)
