"""Levels, departments, teams, and who belongs to them in which role."""

from collections.abc import Mapping
from typing import Self

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from apps.audit.history import History

from .user import validate_phone


class Role(models.TextChoices):
    """What a person does in a team; `apps.people.permissions` says what that allows in the admin."""

    OPERATOR = "OPERATOR", _("Operator")
    RESPONDER = "RESPONDER", _("Responder")
    LEAD = "LEAD", _("Lead")
    MANAGER = "MANAGER", _("Manager")
    POLICY_OWNER = "POLICY_OWNER", _("Policy owner")
    AUDITOR = "AUDITOR", _("Auditor")


# They accept and work on cases; the others decide about the rules or read the record.
WORKING_ROLES = frozenset({Role.OPERATOR, Role.RESPONDER, Role.LEAD, Role.MANAGER})


class Authority(models.TextChoices):
    """How far a level may decide by itself."""

    POLICY_ONLY = "POLICY_ONLY", _("Within policy only")
    LIMITED = "LIMITED", _("Limited")
    MEDIUM = "MEDIUM", _("Medium budget")
    LARGE = "LARGE", _("Large budget")
    FULL = "FULL", _("Full")


class Named(models.Model):
    """Something with a Japanese name and, where there is one, an English name."""

    name = models.CharField(_("name"), max_length=100)
    name_en = models.CharField(_("name in English"), max_length=100, blank=True)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        """The English name for a reader of English if there is one, else the Japanese name."""
        english = (get_language() or "").startswith("en")
        return self.name_en if english and self.name_en else self.name


class Level(Named):
    """One step of the escalation: 1 is the first line, 5 the executives."""

    rank = models.PositiveSmallIntegerField(
        _("rank"), unique=True, validators=[MinValueValidator(1), MaxValueValidator(5)]
    )
    response_minutes = models.PositiveIntegerField(_("response target (minutes)"))
    authority = models.CharField(_("authority"), max_length=20, choices=Authority)
    amount_limit = models.DecimalField(
        _("amount limit (yen)"),
        max_digits=14,
        decimal_places=0,
        null=True,
        blank=True,
        help_text=_("The largest amount this level may decide about. Empty: no limit."),
    )

    history = History()

    class Meta:
        verbose_name = _("level")
        verbose_name_plural = _("levels")
        ordering = ["rank"]
        constraints = [
            models.CheckConstraint(name="people_level_rank_1_to_5", condition=Q(rank__gte=1, rank__lte=5)),
            models.CheckConstraint(
                name="people_level_amount_limit_not_negative",
                condition=Q(amount_limit__isnull=True) | Q(amount_limit__gte=0),
            ),
        ]


def line_in(parents: Mapping[int, int | None], pk: int) -> set[int]:
    """The department and all above it. Ends even if the tree has a loop."""
    line: set[int] = set()
    current: int | None = pk
    while current is not None and current not in line:
        line.add(current)
        current = parents[current]
    return line


class DepartmentQuerySet(models.QuerySet["Department"]):
    """Querysets over departments that read as sentences."""

    def tree(self, *of: "Department | int") -> set[int]:
        """Ids of the departments `of` and of all below them, in one statement. Ends even if the tree has a loop."""
        children: dict[int | None, list[int]] = {}
        for pk, parent in self.model.objects.values_list("pk", "parent_id"):
            children.setdefault(parent, []).append(pk)
        found: set[int] = set()
        waiting = [each if isinstance(each, int) else each.pk for each in of]
        while waiting:
            pk = waiting.pop()
            if pk not in found:
                found.add(pk)
                waiting += children.get(pk, [])
        return found

    def line(self, of: int) -> set[int]:
        """Ids of the department `of` and of all above it, in one statement. Ends even if the tree has a loop."""
        return line_in(self.parents(), of)

    def parents(self) -> dict[int, int | None]:
        """The id of the department above each, by its own; all of them, in one statement."""
        return dict(self.model.objects.values_list("pk", "parent_id"))


class Department(Named):
    """A part of the organisation; departments form a tree."""

    code = models.SlugField(_("code"), max_length=40, unique=True)
    parent = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="children",
        verbose_name=_("parent department"),
    )
    head = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="headed_departments",
        limit_choices_to={"is_system": False},
        verbose_name=_("head"),
    )
    is_active = models.BooleanField(_("active"), default=True)

    history = History()
    objects = DepartmentQuerySet.as_manager()

    class Meta:
        verbose_name = _("department")
        verbose_name_plural = _("departments")
        ordering = ["code"]
        constraints = [
            models.CheckConstraint(name="people_department_not_its_own_parent", condition=~Q(parent=F("pk"))),
        ]

    def clean(self) -> None:
        """Refuse a parent that lies below this department."""
        if self.pk and self.parent_id and self.parent_id in Department.objects.tree(self.pk):
            raise ValidationError({"parent": _("The parent may not be this department or one below it.")})


class Skill(Named):
    """Something a team can do that others cannot, for example refunds or legal questions."""

    code = models.SlugField(_("code"), max_length=40, unique=True)

    history = History()

    class Meta:
        verbose_name = _("skill")
        verbose_name_plural = _("skills")
        ordering = ["code"]


class TeamQuerySet(models.QuerySet["Team"]):
    """Querysets over teams that read as sentences."""

    def active(self) -> Self:
        """Teams that still work."""
        return self.filter(is_active=True)

    def with_skill(self, code: str) -> Self:
        """Teams that have the skill with this code."""
        return self.filter(team_skills__skill__code=code)


class Team(Named):
    """People of one department who work on one level, and how to reach them."""

    code = models.SlugField(_("code"), max_length=40, unique=True)
    department = models.ForeignKey(
        Department, on_delete=models.PROTECT, related_name="teams", verbose_name=_("department")
    )
    level = models.ForeignKey(Level, on_delete=models.PROTECT, related_name="teams", verbose_name=_("level"))
    phone = models.CharField(_("phone"), max_length=30, blank=True, validators=[validate_phone])
    email = models.EmailField(_("e-mail"), blank=True)
    chat_url = models.URLField(_("chat address"), blank=True)
    is_active = models.BooleanField(_("active"), default=True)

    history = History()
    objects = TeamQuerySet.as_manager()

    class Meta:
        verbose_name = _("team")
        verbose_name_plural = _("teams")
        ordering = ["level__rank", "code"]


class TeamSkill(models.Model):
    """A team has a skill. A model of its own, so that gaining and losing one leaves a history."""

    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="team_skills", verbose_name=_("team"))
    skill = models.ForeignKey(Skill, on_delete=models.PROTECT, related_name="team_skills", verbose_name=_("skill"))

    history = History()

    class Meta:
        verbose_name = _("team's skill")
        verbose_name_plural = _("team's skills")
        constraints = [
            models.UniqueConstraint(name="people_teamskill_once_per_team", fields=["team", "skill"]),
        ]

    def __str__(self) -> str:
        return f"{self.team} – {self.skill}"


class Membership(models.Model):
    """A person works in a team in one role; several roles are several memberships."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="memberships",
        limit_choices_to={"is_system": False},
        verbose_name=_("user"),
    )
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="memberships", verbose_name=_("team"))
    role = models.CharField(_("role"), max_length=20, choices=Role)
    level = models.ForeignKey(
        Level,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="memberships",
        verbose_name=_("level of their own"),
        help_text=_("Only where it differs from the team's level, for example a lead's."),
    )

    history = History()

    class Meta:
        verbose_name = _("membership")
        verbose_name_plural = _("memberships")
        constraints = [
            models.UniqueConstraint(name="people_membership_once_per_role", fields=["user", "team", "role"]),
        ]

    def __str__(self) -> str:
        return f"{self.user} – {self.team} ({self.get_role_display()})"

    @property
    def effective_level(self) -> Level:
        """The level this person works on here: their own if set, else the team's."""
        return self.level or self.team.level
