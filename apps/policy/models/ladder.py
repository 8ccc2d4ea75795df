"""The ladder of a hand-off: who is told next while nobody accepts it."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.audit.history import History
from apps.people.models import Role

from .choices import Means, Target
from .version import Version, VersionPart


def validate_means(value: object) -> None:
    """`value` must be a list of distinct Means."""
    if not isinstance(value, list) or len(set(map(str, value))) != len(value):
        raise ValidationError(_("Give the means as a list in which none appears twice."))
    unknown = [str(each) for each in value if each not in Means.values]
    if unknown:
        raise ValidationError(_("Unknown means: %(means)s."), params={"means": ", ".join(unknown)})


class Ladder(VersionPart):
    version = models.ForeignKey(
        Version, on_delete=models.CASCADE, related_name="ladders", verbose_name=_("policy version")
    )
    name = models.CharField(_("name"), max_length=100)
    last_rung_repeats = models.PositiveSmallIntegerField(
        _("repeats of the last rung"), default=2, help_text=_("After these the hand-off climbs to the next level.")
    )
    alarm_interval = models.PositiveIntegerField(
        _("alarm interval (min)"),
        default=1440,
        validators=[MinValueValidator(1)],
        help_text=_("How often the policy owner is alarmed again when the highest level does not answer either."),
    )

    history = History()

    class Meta:
        verbose_name = _("ladder")
        verbose_name_plural = _("ladders")
        ordering = ["version", "name"]
        constraints = [
            models.UniqueConstraint(fields=["version", "name"], name="policy_ladder_name"),
            models.CheckConstraint(condition=Q(alarm_interval__gte=1), name="policy_ladder_alarm_interval"),
        ]

    def __str__(self) -> str:
        return self.name


class Rung(VersionPart):
    ladder = models.ForeignKey(Ladder, on_delete=models.CASCADE, related_name="rungs", verbose_name=_("ladder"))
    position = models.PositiveSmallIntegerField(_("position"), validators=[MinValueValidator(1)])
    target = models.CharField(_("target"), max_length=20, choices=Target.choices)
    team = models.ForeignKey(
        "people.Team", on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("team")
    )
    role = models.CharField(_("role"), max_length=20, choices=Role.choices, blank=True)
    person = models.ForeignKey(
        "people.User", on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("person")
    )
    wait = models.PositiveIntegerField(
        _("wait (min)"),
        validators=[MinValueValidator(1)],
        help_text=_("Working minutes in which someone must accept before the next rung is told."),
    )
    means = models.JSONField(_("means"), default=list, blank=True, validators=[validate_means])

    history = History()

    class Meta:
        verbose_name = _("rung")
        verbose_name_plural = _("rungs")
        ordering = ["ladder", "position"]
        constraints = [
            models.UniqueConstraint(fields=["ladder", "position"], name="policy_rung_position"),
            models.CheckConstraint(condition=Q(position__gte=1), name="policy_rung_position_from_one"),
            models.CheckConstraint(condition=Q(wait__gte=1), name="policy_rung_wait"),
            models.CheckConstraint(
                condition=Q(target=Target.NAMED_TEAM, team__isnull=False)
                | (~Q(target=Target.NAMED_TEAM) & Q(team__isnull=True)),
                name="policy_rung_team",
                violation_error_message=_("Name a team exactly when the rung tells a named team."),
            ),
            models.CheckConstraint(
                condition=(Q(target=Target.TEAM_ROLE) & ~Q(role="")) | (~Q(target=Target.TEAM_ROLE) & Q(role="")),
                name="policy_rung_role",
                violation_error_message=_("Choose a role exactly when the rung tells a role of the team."),
            ),
            models.CheckConstraint(
                condition=Q(target=Target.PERSON, person__isnull=False)
                | (~Q(target=Target.PERSON) & Q(person__isnull=True)),
                name="policy_rung_person",
                violation_error_message=_("Name a person exactly when the rung tells a named person."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.position}. {self.get_target_display()}"

    @property
    def owning_version(self) -> Version:
        return self.ladder.version
