"""The policy in the admin: drafts are edited, published versions are looked at and copied.

A draft is a page with its grid, matrix, triggers and checklists; its ladders and calendars have pages of their own.
"""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin, StackedInline, TabularInline
from unfold.decorators import action
from unfold.forms import BaseDialogForm
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from .models import (
    Calendar,
    Category,
    ChecklistItem,
    Closure,
    Ladder,
    MatrixRow,
    Means,
    OpenHours,
    PriorityCell,
    Rung,
    Trigger,
    Version,
)


class MeansForm(forms.ModelForm):
    means = forms.MultipleChoiceField(
        label=_("means"), choices=Means.choices, required=False, widget=UnfoldAdminCheckboxSelectMultipleWidget
    )


class DraftOnly(admin.options.BaseModelAdmin):
    """Refuses every change to a published version and its parts; also as an inline, where `obj` is the parent."""

    def has_add_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        allowed = self.opts.model_name is not None and request.user.has_perm(f"policy.add_{self.opts.model_name}")
        return allowed and not _is_published(obj)

    def has_change_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return super().has_change_permission(request, obj) and not _is_published(obj)

    def has_delete_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return super().has_delete_permission(request, obj) and not _is_published(obj)


class DraftAdmin(DraftOnly, ModelAdmin):
    """Holds the version's row while it saves, so that nobody publishes what is half-way through a change."""

    actions = None

    def save_model(self, request: HttpRequest, obj: models.Model, form: forms.ModelForm, change: bool) -> None:
        _lock_draft(obj)
        super().save_model(request, obj, form, change)

    def delete_model(self, request: HttpRequest, obj: models.Model) -> None:
        _lock_draft(obj)
        super().delete_model(request, obj)


class PartInline(DraftOnly, TabularInline):
    extra = 0
    tab = True


class WidePartInline(DraftOnly, StackedInline):
    """For parts with more fields than a table's row has room for."""

    extra = 0
    tab = True


class PriorityCellInline(PartInline):
    model = PriorityCell
    max_num = 12


class MatrixRowInline(WidePartInline):
    model = MatrixRow
    form = MeansForm
    max_num = 4

    def formfield_for_foreignkey(
        self, db_field: models.ForeignKey, request: HttpRequest, **kwargs: Any
    ) -> forms.ModelChoiceField | None:
        if db_field.remote_field.model in (Ladder, Calendar):
            version_id = request.resolver_match.kwargs.get("object_id") if request.resolver_match else None
            kwargs["queryset"] = db_field.remote_field.model._default_manager.filter(version=version_id)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)


class TriggerInline(WidePartInline):
    model = Trigger


class ChecklistItemInline(PartInline):
    model = ChecklistItem


class RungInline(PartInline):
    model = Rung
    form = MeansForm


class OpenHoursInline(PartInline):
    model = OpenHours


class ClosureInline(PartInline):
    model = Closure


@admin.register(Version)
class VersionAdmin(DraftAdmin):
    list_display = ["number", "title", "published_at", "published_by"]
    list_display_links = ["number", "title"]
    fields = ["number", "title", "note", "warning_percent", "published_at", "published_by", "ladders", "calendars"]
    readonly_fields = ["number", "published_at", "published_by", "ladders", "calendars"]
    inlines = [PriorityCellInline, MatrixRowInline, TriggerInline, ChecklistItemInline]
    actions_detail = ["publish", "copy"]

    @admin.display(description=_("ladders"))
    def ladders(self, version: Version) -> SafeString:
        return _links(version, Ladder)

    @admin.display(description=_("business calendars"))
    def calendars(self, version: Version) -> SafeString:
        return _links(version, Calendar)

    def has_publish_permission(self, request: HttpRequest, object_id: str) -> bool:
        return self.has_change_permission(request, self.get_object(request, object_id))

    def has_copy_permission(self, request: HttpRequest, object_id: str) -> bool:
        return self.has_add_permission(request)

    @action(
        description=_("Publish"),
        url_path="publish",
        permissions=["publish"],
        dialog={
            "title": _("Publish this version?"),
            "description": _("New cases begin under it from now on. It cannot be changed any more, only copied."),
            "form_class": BaseDialogForm,
            "form_submit_text": _("Publish"),
        },
    )
    def publish(self, request: HttpRequest, form: BaseDialogForm, object_id: str) -> HttpResponse:
        version = self._asked_for(request, object_id)
        try:
            version.publish(by=request.user, at=timezone.now())  # type: ignore[arg-type]  # the admin lets nobody in anonymously
        except ValidationError as refusal:
            for sentence in refusal.messages:
                self.message_user(request, sentence, messages.ERROR)
        else:
            self.message_user(
                request, gettext("Version %(number)s is in force.") % {"number": version.number}, messages.SUCCESS
            )
        return _go_to(version)

    @action(
        description=_("Copy as draft"),
        url_path="copy",
        permissions=["copy"],
        dialog={
            "title": _("Copy this version as a new draft?"),
            "description": _("The draft is yours to change. Nothing applies to any case before you publish it."),
            "form_class": BaseDialogForm,
            "form_submit_text": _("Copy as draft"),
        },
    )
    def copy(self, request: HttpRequest, form: BaseDialogForm, object_id: str) -> HttpResponse:
        return _go_to(self._asked_for(request, object_id).copy_as_draft())

    def _asked_for(self, request: HttpRequest, object_id: str) -> Version:
        version = self.get_object(request, object_id)
        if request.method != "POST" or version is None:
            raise PermissionDenied
        return version


class PartAdmin(DraftAdmin):
    list_display = ["name", "version"]
    list_filter = ["version"]

    def formfield_for_foreignkey(
        self, db_field: models.ForeignKey, request: HttpRequest, **kwargs: Any
    ) -> forms.ModelChoiceField | None:
        if db_field.name == "version":
            kwargs["queryset"] = Version.objects.drafts()
        return super().formfield_for_foreignkey(db_field, request, **kwargs)


@admin.register(Ladder)
class LadderAdmin(PartAdmin):
    inlines = [RungInline]


@admin.register(Calendar)
class CalendarAdmin(PartAdmin):
    inlines = [OpenHoursInline, ClosureInline]


@admin.register(Category)
class CategoryAdmin(ModelAdmin):
    list_display = ["__str__", "code", "skill", "authority_level", "confidential", "is_active"]
    list_filter = ["is_active", "confidential"]

    def has_delete_permission(self, request: HttpRequest, obj: Category | None = None) -> bool:
        """Cases of all times name their category: it is deactivated, never deleted."""
        return False


def _version_of(part: models.Model | None) -> Version | None:
    return part if isinstance(part, Version) else getattr(part, "version", None)


def _is_published(part: models.Model | None) -> bool:
    version = _version_of(part)
    return version is not None and version.is_published


def _lock_draft(part: models.Model) -> None:
    version = _version_of(part)
    if version is not None and Version.objects.select_for_update().published().filter(pk=version.pk).exists():
        raise PermissionDenied


def _links(version: Version, model: type[models.Model]) -> SafeString:
    name = f"admin:policy_{model._meta.model_name}"
    links = format_html_join(
        ", ",
        '<a href="{}">{}</a>',
        (
            (reverse(f"{name}_change", args=[part.pk]), str(part))
            for part in model._default_manager.filter(version=version.pk)
        ),
    )
    if version.pk is None or version.is_published:
        return links
    return format_html('{} <a href="{}?version={}">{}</a>', links, reverse(f"{name}_add"), version.pk, _("Add"))


def _go_to(version: Version) -> HttpResponse:
    """Unfold's dialogs are sent by htmx, which would follow an ordinary redirect inside the dialog."""
    return HttpResponse(headers={"HX-Redirect": reverse("admin:policy_version_change", args=[version.pk])})
