"""The tables of people: members, departments, teams, duty shifts."""

from collections.abc import Iterable
from typing import Any

import tablib
from django.contrib.auth.hashers import make_password
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from import_export.widgets import Widget

from apps.audit.masks import MASK
from apps.people.models import Department, Level, Membership, Role, Shift, Team, User
from apps.people.models.user import Language

from .columns import Choice, Code, Column, Moment, Reference, Text, YesNo, half_width
from .table import Table, say_why

CONTACTS = ("email", "phone")

Belonging = tuple[str, str, int | None]  # the team's code, the role, the rank of a level of their own


def _people() -> Iterable[User]:
    return User.objects.filter(is_system=False)


class Belongings(Widget):
    """ "phone-desk:Operator; support-leaders:Lead:2" – team, role, and the rank of a level of one's own."""

    def __init__(self) -> None:
        super().__init__()
        self.roles = Choice(Role)
        self.teams = Reference(Team.objects.all, "code")
        self.levels = Reference(Level.objects.all, "rank")

    def clean(self, value: str, row: Any = None, **_kwargs: Any) -> frozenset[Belonging]:
        found: dict[tuple[str, str], int | None] = {}
        for part in filter(None, (half_width(part) for part in value.replace("；", ";").split(";"))):
            team, _colon, rest = (piece.strip() for piece in part.partition(":"))
            role, _colon, rank = (piece.strip() for piece in rest.partition(":"))
            if not role:
                raise ValueError(_("Write “%(part)s” as team:role, for example phone-desk:Lead.") % {"part": part})
            level = self.levels.named(rank).rank if rank else None
            found[self.teams.named(team).code, self.roles.clean(role)] = level
        return frozenset((team, role, rank) for (team, role), rank in found.items())

    def render(self, value: Any, obj: Any = None, **_kwargs: Any) -> str:
        parts = sorted(value, key=lambda belonging: (belonging[0], belonging[1]))
        return "; ".join(
            f"{team}:{self.roles.render(role)}" + (f":{rank}" if rank else "") for team, role, rank in parts
        )


class MembershipsColumn(Column):
    """All memberships of a person in one cell. An empty cell leaves them as they are."""

    def __init__(self) -> None:
        super().__init__("memberships", Belongings(), label=gettext_lazy("memberships"))

    def get_value(self, instance: User) -> frozenset[Belonging]:
        wanted: frozenset[Belonging] | None = instance.__dict__.get("wanted_memberships")
        return current(instance) if wanted is None else wanted

    def save(self, instance: User, row: dict[str, str], is_m2m: bool = False, **kwargs: Any) -> None:
        if row[self.column_name].strip():
            instance.__dict__["wanted_memberships"] = self.clean(row)


def current(user: User) -> frozenset[Belonging]:
    """What the person has, as `_with_memberships` read it; kept, for the library compares with a deep copy, and a copied
    queryset forgets what it has read."""
    if user.pk is None:
        return frozenset()
    kept: frozenset[Belonging] | None = user.__dict__.get("current_memberships")
    if kept is None:
        kept = frozenset((m.team.code, m.role, m.level.rank if m.level else None) for m in user.memberships.all())
        user.__dict__["current_memberships"] = kept
    return kept


class Members(Table):
    hint = gettext_lazy(
        "Memberships are written as team:role, several with a semicolon between them; those that the cell does not "
        "name end, an empty cell leaves all as they are. New people get no password: set it on their page."
    )
    username = Column("username", Code())
    last_name = Column("last_name", Text())
    first_name = Column("first_name", Text())
    last_name_kana = Column("last_name_kana", Code())
    first_name_kana = Column("first_name_kana", Code())
    email = Column("email", Code())
    phone = Column("phone", Code())
    language = Column("language", Choice(Language))
    is_active = Column("is_active", YesNo())
    is_staff = Column("is_staff", YesNo())
    memberships = MembershipsColumn()

    def export_field(self, field: Column, instance: User, **kwargs: Any) -> str:
        """To who only audits, addresses and numbers are masked as in the journal."""
        text: str = super().export_field(field, instance, **kwargs)
        return MASK if text and field.attribute in CONTACTS and self.user and self.user.only_audits else text

    class Meta(Table.Meta):
        model = User
        import_id_fields = ("username",)
        fields = (
            "username", "last_name", "first_name", "last_name_kana", "first_name_kana", "email", "phone", "language",
            "is_active", "is_staff", "memberships",
        )  # fmt: skip

    def existing(self, dataset: tablib.Dataset) -> Iterable[models.Model]:
        named = {half_width(name) for name in dataset[self.fields["username"].column_name]}
        users = list(_with_memberships(User.objects.filter(username__in=named)))
        for user in users:
            current(user)
        return users

    def filter_export(self, queryset: models.QuerySet[User], **kwargs: Any) -> models.QuerySet[User]:
        return _with_memberships(queryset.filter(is_system=False))

    def init_instance(self, row: Any = None) -> User:
        return User(password=make_password(None))

    def validate_instance(
        self, instance: Any, import_validation_errors: dict[str, Any] | None = None, validate_unique: bool = True
    ) -> None:
        """What `UserAdmin` lets the person do by hand, and no more."""
        if instance.is_system:
            raise ValidationError(_("%(name)s is the system itself and is changed by nobody.") % {"name": instance})
        if instance.is_superuser and not (self.user and self.user.is_superuser):
            raise ValidationError(_("%(name)s is a superuser: only a superuser may change them.") % {"name": instance})
        super().validate_instance(instance, import_validation_errors, validate_unique)

    def after_save_instance(self, instance: Any, row: Any, *, file_name: str = "", **kwargs: Any) -> None:
        wanted = instance.__dict__.get("wanted_memberships")
        if wanted is None or wanted == current(instance):
            return
        cells: Any = self.fields["memberships"].widget
        rows = {(m.team.code, m.role): m for m in instance.memberships.select_related("team", "level")}
        for team, role, rank in sorted(wanted, key=lambda belonging: belonging[:2]):
            membership = rows.pop((team, role), None) or Membership(
                user=instance, team=cells.teams.named(team), role=role
            )
            level = cells.levels.named(str(rank)) if rank else None
            if membership.pk is None or membership.level != level:
                membership.level = level
                say_why(membership, file_name)
                membership.save()
        for membership in rows.values():
            say_why(membership, file_name)
            membership.delete()


def _with_memberships(users: models.QuerySet[User]) -> models.QuerySet[User]:
    return users.prefetch_related(
        models.Prefetch(
            "memberships", Membership.objects.select_related("team", "level").order_by("team__code", "role")
        )
    )


class Departments(Table):
    hint = gettext_lazy("A parent department and a head must exist before the row that names them.")
    related = ("parent", "head")
    code = Column("code", Code())
    name = Column("name", Text())
    name_en = Column("name_en", Text())
    parent = Column("parent", Reference(Department.objects.all, "code"))
    head = Column("head", Reference(_people, "username"))
    is_active = Column("is_active", YesNo())

    class Meta(Table.Meta):
        model = Department
        import_id_fields = ("code",)
        fields = ("code", "name", "name_en", "parent", "head", "is_active")


class Teams(Table):
    hint = gettext_lazy("Members and skills are not in this table: import memberships with the members.")
    related = ("department", "level")
    code = Column("code", Code())
    name = Column("name", Text())
    name_en = Column("name_en", Text())
    department = Column("department", Reference(Department.objects.all, "code"))
    level = Column("level", Reference(Level.objects.all, "rank"))
    phone = Column("phone", Code())
    email = Column("email", Code())
    chat_url = Column("chat_url", Code())
    is_active = Column("is_active", YesNo())

    class Meta(Table.Meta):
        model = Team
        import_id_fields = ("code",)
        fields = ("code", "name", "name_en", "department", "level", "phone", "email", "chat_url", "is_active")


class Shifts(Table):
    hint = gettext_lazy("Times are those of your own time zone. A shift is known by its person, team and start.")
    related = ("user", "team")
    user = Column("user", Reference(_people, "username"))
    team = Column("team", Reference(Team.objects.all, "code"))
    starts_at = Column("starts_at", Moment())
    ends_at = Column("ends_at", Moment())

    class Meta(Table.Meta):
        model = Shift
        import_id_fields = ("user", "team", "starts_at")
        fields = ("user", "team", "starts_at", "ends_at")

    def existing(self, dataset: tablib.Dataset) -> Iterable[models.Model]:
        named = {half_width(name) for name in dataset[self.fields["user"].column_name]}
        return Shift.objects.filter(user__username__in=named).select_related(*self.related)
