"""What all pages of a version and its parts have in common: only drafts change, and one person at a time."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.admin import StackedInline, TabularInline
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from apps.audit.admin.careful import SEEN, CarefulAdmin

from ..models import Means, Version


class MeansForm(forms.ModelForm):
    means = forms.MultipleChoiceField(
        label=_("means"), choices=Means.choices, required=False, widget=UnfoldAdminCheckboxSelectMultipleWidget
    )


class DraftOnly(admin.options.BaseModelAdmin):
    """Refuses every change to a published version and its parts; also as an inline, where `obj` is the parent."""

    def has_add_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        allowed = self.opts.model_name is not None and request.user.has_perm(f"policy.add_{self.opts.model_name}")
        return allowed and _is_open(request, obj)

    def has_change_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return super().has_change_permission(request, obj) and _is_open(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return super().has_delete_permission(request, obj) and _is_open(request, obj)


class DraftAdmin(DraftOnly, CarefulAdmin):
    """Holds the version's row while it saves, so that nobody publishes what is half-way through a change."""

    actions = None

    def changeform_view(self, request: HttpRequest, *args: Any, **options: Any) -> HttpResponse:
        take_what_was_typed(request)
        return super().changeform_view(request, *args, **options)

    def too_late(self, request: HttpRequest, obj: models.Model) -> str:
        version = _version_of(obj)
        fresh = version and Version.objects.select_for_update().filter(pk=version.pk).first()
        return _published_meanwhile(fresh) if fresh is not None and fresh.is_published else ""

    def save_model(self, request: HttpRequest, obj: models.Model, form: forms.ModelForm, change: bool) -> None:
        lock_draft(obj)
        super().save_model(request, obj, form, change)

    def delete_model(self, request: HttpRequest, obj: models.Model) -> None:
        lock_draft(obj)
        super().delete_model(request, obj)

    def page(self, request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
        """A page of our own inside the admin's frame."""
        request.current_app = self.admin_site.name
        frame = {**self.admin_site.each_context(request), "opts": self.opts, "media": self.media, "subtitle": None}
        return TemplateResponse(request, f"admin/policy/{template}", frame | context)


class PartAdmin(DraftAdmin):
    """A part with a page of its own."""

    list_display = ["name", "version"]
    list_filter = ["version"]
    list_select_related = ["version"]

    def formfield_for_foreignkey(
        self, db_field: models.ForeignKey, request: HttpRequest, **kwargs: Any
    ) -> forms.ModelChoiceField | None:
        if db_field.name == "version":
            kwargs["queryset"] = Version.objects.drafts()
        return super().formfield_for_foreignkey(db_field, request, **kwargs)


class PartInline(DraftOnly, TabularInline):
    extra = 0
    tab = True


class WidePartInline(DraftOnly, StackedInline):
    """For parts with more fields than a table's row has room for."""

    extra = 0
    tab = True


def is_published(part: models.Model | None) -> bool:
    version = _version_of(part)
    return version is not None and version.is_published


def lock_draft(part: models.Model) -> None:
    """Hold the version's row until the transaction ends. Raises PermissionDenied if it was published meanwhile."""
    version = _version_of(part)
    if version is not None and Version.objects.select_for_update().published().filter(pk=version.pk).exists():
        raise PermissionDenied


def take_what_was_typed(request: HttpRequest) -> None:
    """Let a form that was opened before its version was published come in, to be shown again: `too_late` refuses it."""
    request.comes_from_form = request.method == "POST" and SEEN in request.POST  # type: ignore[attr-defined]


def _published_meanwhile(version: Version) -> str:
    words = {"who": version.published_by, "number": version.number}
    return (
        gettext(
            "%(who)s published version %(number)s meanwhile, so it cannot be changed any more. What you typed was not saved; "
            "it is still below."
        )
        % words
    )


def _is_open(request: HttpRequest, part: models.Model | None) -> bool:
    return not is_published(part) or getattr(request, "comes_from_form", False)


def _version_of(part: models.Model | None) -> Version | None:
    return part if isinstance(part, Version) else getattr(part, "version", None)
