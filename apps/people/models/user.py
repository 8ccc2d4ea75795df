"""The people who sign in, and the two users that stand for the system itself."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, ClassVar, Self
from zoneinfo import ZoneInfo

from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import AbstractUser, UserManager
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Q
from django.utils.functional import cached_property
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from apps.audit.history import History

if TYPE_CHECKING:
    from .organisation import Membership, Team

CLOCK = "CLOCK"
IMPORT = "IMPORT"

validate_kana = RegexValidator(r"^[ぁ-ゖァ-ヺー・\s]*\Z", _("Write the reading in kana."))
validate_phone = RegexValidator(r"^\+?[0-9][0-9() -]{3,28}\Z", _("Write the number with digits and hyphens."))


def validate_time_zone(value: str) -> None:
    """Accept names of the IANA database such as Asia/Tokyo; raise ValidationError for anything else."""
    try:
        ZoneInfo(value)
    except (KeyError, ValueError, OSError) as error:  # unknown name, path out of the database, a mere folder of it
        raise ValidationError(_("%(value)s is not a known time zone."), params={"value": value}) from error


class Language(models.TextChoices):
    """Languages a person may read Esukare in; each named in itself."""

    JAPANESE = "ja", "日本語"
    ENGLISH = "en", "English"


class ContactMeans(models.TextChoices):
    """How a person likes to be reached by colleagues."""

    PHONE = "PHONE", _("Telephone")
    CHAT = "CHAT", _("Chat")
    MAIL = "MAIL", _("E-mail")


class UserQuerySet(models.QuerySet["User"]):
    """Querysets over users that read as sentences."""

    def people(self) -> Self:
        """Human beings who may still sign in: no system users, nobody deactivated."""
        return self.filter(is_active=True, is_system=False)

    def on_duty(self, at: datetime, team: "Team | None" = None) -> Self:
        """Active people with a shift (of `team`, if given) that covers the aware moment `at`; each once."""
        of_team = {} if team is None else {"shifts__team": team}
        return self.people().filter(shifts__starts_at__lte=at, shifts__ends_at__gt=at, **of_team).distinct()


class PeopleManager(UserManager.from_queryset(UserQuerySet)):  # type: ignore[misc]
    """Adds the two users that stand for the system."""

    use_in_migrations = False

    def clock(self) -> "User":
        """The system user under whose name due clocks act; created on first use."""
        return self._system(CLOCK)

    def importer(self) -> "User":
        """The system user under whose name imports and replays act; created on first use."""
        return self._system(IMPORT)

    def _system(self, username: str) -> "User":
        defaults = {"is_system": True, "password": make_password(None)}
        user: User = self.get_or_create(username=username, defaults=defaults)[0]
        return user


class User(AbstractUser):
    """A person. `last_name` is 姓, `first_name` is 名. Never deleted, only deactivated: the record names them."""

    last_name_kana = models.CharField(_("last name in kana"), max_length=150, blank=True, validators=[validate_kana])
    first_name_kana = models.CharField(_("first name in kana"), max_length=150, blank=True, validators=[validate_kana])
    phone = models.CharField(_("phone"), max_length=30, blank=True, validators=[validate_phone])
    language = models.CharField(_("language"), max_length=2, choices=Language, default=Language.JAPANESE)
    time_zone = models.CharField(
        _("time zone"),
        max_length=64,
        default="Asia/Tokyo",
        validators=[validate_time_zone],
        help_text=_("A name of the IANA database, for example Asia/Tokyo."),
    )
    preferred_means = models.CharField(_("likes to be reached by"), max_length=10, choices=ContactMeans, blank=True)
    quiet_from = models.TimeField(
        _("quiet from"), null=True, blank=True, help_text=_("In their own time zone; may pass midnight.")
    )
    quiet_until = models.TimeField(
        _("quiet until"), null=True, blank=True, help_text=_("Until then only what asks them to act is sent.")
    )
    is_system = models.BooleanField(_("system user"), default=False, editable=False)

    history = History(excluded_fields=["password", "last_login"])
    objects: ClassVar[PeopleManager] = PeopleManager()

    class Meta:
        verbose_name = _("user")
        verbose_name_plural = _("users")
        ordering = ["last_name_kana", "first_name_kana", "username"]
        constraints = [
            models.CheckConstraint(
                name="people_user_system_has_no_rights",
                condition=Q(is_system=False) | Q(is_staff=False, is_superuser=False),
            ),
            models.CheckConstraint(
                name="people_user_quiet_hours_begin_and_end",
                condition=Q(quiet_from=None, quiet_until=None)
                | (Q(quiet_from__isnull=False, quiet_until__isnull=False) & ~Q(quiet_from=F("quiet_until"))),
                violation_error_message=_("Quiet hours need a beginning and a different end, or neither."),
            ),
        ]

    def __str__(self) -> str:
        return self.get_full_name()

    def get_full_name(self) -> str:
        """Name in the order of the active language: 姓 名, in English first and last; else the username. What the
        system does is done by itself, or an import."""
        if self.is_system:
            return str(_("by itself") if self.username == CLOCK else _("import"))
        names = [self.last_name, self.first_name]
        if (get_language() or "").startswith("en"):
            names.reverse()
        return " ".join(filter(None, names)) or self.username

    def quiet_ends_at(self, at: datetime) -> datetime | None:
        """When the quiet hours end in which the aware moment `at` lies; None if it lies in none."""
        if self.quiet_from is None or self.quiet_until is None:
            return None
        local = at.astimezone(ZoneInfo(self.time_zone))
        now = local.time()
        passes_midnight = self.quiet_from > self.quiet_until
        in_evening = now >= self.quiet_from
        is_quiet = (
            (in_evening or now < self.quiet_until) if passes_midnight else self.quiet_from <= now < self.quiet_until
        )
        if not is_quiet:
            return None
        day = local.date() + timedelta(days=1 if passes_midnight and in_evening else 0)
        return datetime.combine(day, self.quiet_until, local.tzinfo)

    @cached_property
    def membership_list(self) -> list["Membership"]:
        """Memberships in active teams with team, department and levels, read once per instance in one statement."""
        memberships = self.memberships.filter(team__is_active=True)
        return list(memberships.select_related("team__department", "team__level", "level"))

    @property
    def roles(self) -> frozenset[str]:
        """Values of `Role` that this person has in any active team."""
        return frozenset(membership.role for membership in self.membership_list)

    @property
    def only_audits(self) -> bool:
        """Whether the person is an auditor and nothing else."""
        from .organisation import Role  # both modules name each other's models

        return not self.is_superuser and self.roles == {Role.AUDITOR}

    @cached_property
    def managed_departments(self) -> frozenset[int]:
        """Ids of the departments that this person manages and of all below them, read at most once per instance."""
        from .organisation import Department, Role  # both modules name each other's models

        managed = {each.team.department_id for each in self.membership_list if each.role == Role.MANAGER}
        return frozenset(Department.objects.tree(*managed)) if managed else frozenset()
