"""Categories of cases, and the triggers that raise or escalate a case by what it is about."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.audit.history import History
from apps.people.models import Role
from apps.people.models.organisation import Named

from .choices import EscalationKind, Flag, Priority
from .version import Version, VersionPart


class Category(Named):
    """The kind of a case. Not versioned: cases of all versions share one list; its changes are in the history."""

    code = models.SlugField(_("code"), unique=True)
    skill = models.ForeignKey(
        "people.Skill",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("skill needed"),
    )
    authority_level = models.ForeignKey(
        "people.Level",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("authority needed"),
        help_text=_("The lowest level that may resolve such a case; empty: any."),
    )
    confidential = models.BooleanField(
        _("confidential"), default=False, help_text=_("Only those concerned may see such a case.")
    )
    is_active = models.BooleanField(_("active"), default=True)

    history = History()

    class Meta:
        verbose_name = _("case category")
        verbose_name_plural = _("case categories")
        ordering = ["id"]


class Trigger(VersionPart):
    """Fires on a case of its category (any, if empty) that bears its flag or one of its words (if it has either)."""

    version = models.ForeignKey(
        Version, on_delete=models.CASCADE, related_name="triggers", verbose_name=_("policy version")
    )
    position = models.PositiveSmallIntegerField(
        _("position"), default=1, help_text=_("When several fire, the first one names the destination.")
    )
    name = models.CharField(_("name"), max_length=100)
    category = models.ForeignKey(
        Category,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("case category"),
        help_text=_("Only cases of this category; empty: of any."),
    )
    flag = models.CharField(
        _("flag"),
        max_length=20,
        choices=Flag.choices,
        blank=True,
        help_text=_("Fires when the case bears this flag, or one of the words below."),
    )
    words = models.TextField(
        _("words"),
        blank=True,
        help_text=_("One word or phrase a line. Full-width and half-width, upper and lower case are the same."),
    )
    at_least = models.CharField(
        _("at least priority"), max_length=2, choices=Priority.choices, blank=True, help_text=_("Empty: unchanged.")
    )
    escalate_at_once = models.BooleanField(_("escalate at once"), default=False)
    kind = models.CharField(
        _("kind of escalation"), max_length=12, choices=EscalationKind.choices, default=EscalationKind.FUNCTIONAL
    )
    to_level = models.ForeignKey(
        "people.Level", on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("to level")
    )
    to_skill = models.ForeignKey(
        "people.Skill", on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("to skill")
    )
    tell_role = models.CharField(
        _("role to tell"),
        max_length=20,
        choices=Role.choices,
        blank=True,
        help_text=_("Members of the destination with this role are told as well."),
    )

    history = History()

    class Meta:
        verbose_name = _("trigger")
        verbose_name_plural = _("triggers")
        ordering = ["version", "position", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(category__isnull=False) | ~Q(flag="") | ~Q(words=""),
                name="policy_trigger_condition",
                violation_error_message=_("Give a trigger a category, a flag or words to fire on."),
            ),
        ]

    def __str__(self) -> str:
        return self.name
