"""People and the organisation in the admin. Nothing that the record names is deleted: it is deactivated."""

from collections.abc import Sequence
from typing import Any, cast

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group
from django.db import models
from django.http import HttpRequest
from django.utils.formats import number_format
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin, TabularInline
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from apps.audit.admin.careful import CarefulAdmin
from apps.audit.admin.history import HistoryAdmin
from apps.audit.masks import MASK

from .models import Department, Level, Membership, Shift, Skill, Team, TeamSkill, User
from .transfer.admin import TransferAdmin
from .transfer.organisation import Departments, Members, Shifts, Teams

PERSON_FIELDS = (
    ("last_name", "first_name"),
    ("last_name_kana", "first_name_kana"),
    ("email", "phone"),
    ("language", "time_zone"),
)

admin.site.unregister(Group)  # roles take the place of groups, which `backends.RoleBackend` does not ask


class PeopleAdmin(CarefulAdmin, HistoryAdmin, ModelAdmin):
    """Shows the history, never rewrites it, and deletes nothing."""

    list_filter_submit = True
    warn_unsaved_form = True

    def has_delete_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        """Nobody may."""
        return False


class MembershipInline(TabularInline):
    """Memberships of a user or of a team."""

    model = Membership
    autocomplete_fields = ["user", "team"]
    extra = 0
    tab = True


class TeamSkillInline(TabularInline):
    """Skills of a team."""

    model = TeamSkill
    autocomplete_fields = ["skill"]
    extra = 0
    tab = True


class MaskedForAuditors(ModelAdmin):
    """What a person who only audits gets to see of a row is masked in memory by `mask`, as it is in the journal."""

    def mask(self, rows: Sequence[Any], reader: User) -> None:
        """Blank what is personal in the rows, which are shown and never saved."""
        raise NotImplementedError

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        found, reader = super().get_changelist_instance(request), cast("User", request.user)
        if reader.only_audits:
            self.mask(found.result_list, reader)
        return found

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        found, reader = super().get_object(request, object_id, from_field), cast("User", request.user)
        if found is not None and reader.only_audits:
            self.mask([found], reader)
        return found


@admin.register(User)
class UserAdmin(MaskedForAuditors, TransferAdmin, DjangoUserAdmin, PeopleAdmin):
    """Users. A superuser is changed by superusers only; the system's own users by nobody."""

    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm
    inlines = [MembershipInline]
    resource_classes = [Members]
    also_changes = ("people.add_membership", "people.change_membership", "people.delete_membership")
    list_display = ["__str__", "username", "email", "phone", "language", "is_active", "is_staff"]
    list_filter = ["is_active", "is_staff", "is_superuser", "is_system", "memberships__role", "memberships__team"]
    search_fields = ["username", "last_name", "first_name", "last_name_kana", "first_name_kana", "email"]
    ordering = ["last_name_kana", "first_name_kana", "username"]
    filter_horizontal = []
    readonly_fields = ["last_login", "date_joined"]
    fieldsets = [
        (None, {"fields": ["username", "password"]}),
        (_("Person"), {"fields": PERSON_FIELDS}),
        (_("Access"), {"fields": ["is_active", "is_staff", "is_superuser"]}),
        (_("Dates"), {"fields": ["last_login", "date_joined"]}),
    ]
    add_fieldsets = [
        (None, {"fields": ["username", "usable_password", "password1", "password2"]}),
        (_("Person"), {"fields": PERSON_FIELDS}),
        (_("Access"), {"fields": ["is_staff"]}),
    ]

    def mask(self, rows: Sequence[User], reader: User) -> None:
        for user in rows:
            user.email, user.phone = (MASK if each else "" for each in (user.email, user.phone))

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """A manager changes people, but neither a superuser nor the system's own users."""
        if obj and (obj.is_system or (obj.is_superuser and not request.user.is_superuser)):
            return False
        return super().has_change_permission(request, obj)

    def get_readonly_fields(self, request: HttpRequest, *_args: object) -> list[str]:
        """Only a superuser makes superusers."""
        return self.readonly_fields if request.user.is_superuser else [*self.readonly_fields, "is_superuser"]


@admin.register(Level)
class LevelAdmin(PeopleAdmin):
    """The five levels."""

    list_display = ["rank", "__str__", "response_minutes", "authority", "limit"]
    list_display_links = ["rank", "__str__"]
    search_fields = ["name", "name_en"]

    @admin.display(description=_("amount limit (yen)"), ordering="amount_limit", empty_value="–")
    def limit(self, level: Level) -> str | None:
        return None if level.amount_limit is None else number_format(level.amount_limit, force_grouping=True)


@admin.register(Department)
class DepartmentAdmin(TransferAdmin, PeopleAdmin):
    """The tree of departments."""

    resource_classes = [Departments]
    list_display = ["__str__", "code", "parent", "head", "is_active"]
    list_filter = ["is_active"]
    list_select_related = ["parent", "head"]
    search_fields = ["name", "name_en", "code"]
    autocomplete_fields = ["parent", "head"]


@admin.register(Skill)
class SkillAdmin(PeopleAdmin):
    """Skills that a team may have."""

    list_display = ["__str__", "code"]
    search_fields = ["name", "name_en", "code"]


@admin.register(Team)
class TeamAdmin(TransferAdmin, PeopleAdmin):
    """Teams with their members and skills."""

    resource_classes = [Teams]
    inlines = [MembershipInline, TeamSkillInline]
    list_display = ["__str__", "code", "level", "department", "phone", "email", "is_active"]
    list_filter = ["is_active", "level", "department", "team_skills__skill"]
    list_select_related = ["level", "department"]
    search_fields = ["name", "name_en", "code"]
    autocomplete_fields = ["department"]
    formfield_overrides = {models.URLField: {"assume_scheme": "https"}}


@admin.register(Shift)
class ShiftAdmin(TransferAdmin, PeopleAdmin):
    """Duty: who stands by for which team from when to when. A shift may be deleted; its history stays."""

    resource_classes = [Shifts]
    list_display = ["user", "team", "starts_at", "ends_at"]
    list_filter = ["team"]
    search_fields = ["user__username", "user__last_name", "user__first_name", "user__last_name_kana"]
    list_select_related = ["user", "team"]
    date_hierarchy = "starts_at"
    autocomplete_fields = ["user", "team"]

    def has_delete_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        """By permission, unlike everything else here."""
        return ModelAdmin.has_delete_permission(self, request, obj)
