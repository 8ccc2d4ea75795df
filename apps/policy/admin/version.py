"""A version: its page, its matrix as one grid, what it changes, and how it is published."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import models, transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action
from unfold.forms import BaseDialogForm

from ..difference import Content, difference, read
from ..matrix import matrix
from ..models import Calendar, ChecklistItem, Ladder, Trigger, Version
from ..words import minute_patterns
from .draft import DraftAdmin, PartInline, WidePartInline
from .grid import Grid


class TriggerInline(WidePartInline):
    model = Trigger


class ChecklistItemInline(PartInline):
    model = ChecklistItem


@admin.register(Version)
class VersionAdmin(DraftAdmin):
    list_display = ["number", "title", "published_at", "published_by"]
    list_display_links = ["number", "title"]
    list_select_related = ["published_by"]
    fields = ["number", "title", "note", "warning_percent", "published_at", "published_by", "ladders", "calendars"]
    readonly_fields = ["number", "published_at", "published_by", "ladders", "calendars"]
    inlines = [TriggerInline, ChecklistItemInline]
    actions_detail = ["copy"]
    change_form_outer_before_template = "admin/policy/version/overview.html"

    @admin.display(description=_("ladders"))
    def ladders(self, version: Version) -> SafeString:
        return _links(version, Ladder)

    @admin.display(description=_("business calendars"))
    def calendars(self, version: Version) -> SafeString:
        return _links(version, Calendar)

    def get_urls(self) -> list[URLPattern]:
        views = {"grid": self.grid_view, "difference": self.difference_view, "publish": self.publish_view}
        own = [
            path(f"<int:pk>/{name}/", self.admin_site.admin_view(view), name=f"policy_version_{name}")
            for name, view in views.items()
        ]
        return [*own, *super().get_urls()]

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **options: Any) -> Any:
        version = options.get("obj")
        if version is not None:
            context |= {"version": version, "matrix": matrix(version)} | self._verdict(request, version)
        return super().render_change_form(request, context, *args, **options)

    # --- the matrix as one grid -----------------------------------------------------------------------------------

    def grid_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The matrix to fill in. A POST saves all of it in one transaction, or nothing, and shows why not."""
        version = self._version(request, pk)
        if not request.user.has_perm("policy.change_version"):
            raise PermissionDenied
        home = HttpResponseRedirect(reverse("admin:policy_version_change", args=[pk]))
        if request.method != "POST":
            return home if version.is_published else self._grid_page(request, Grid(version))
        with transaction.atomic():
            grid = Grid(self._version(request, pk, lock=True), request.POST)
            if grid.version.is_published or grid.meanwhile or not grid.is_valid():
                return self._grid_page(request, grid)
            saved = grid.save()
        if saved:
            messages.success(request, gettext("Saved: %(what)s.") % {"what": gettext(", ").join(saved)})
        else:
            messages.info(request, gettext("There was nothing to save: no value differs."))
        return home

    def _grid_page(self, request: HttpRequest, grid: Grid) -> HttpResponse:
        title = gettext("Matrix of version %(number)d") % {"number": grid.version.number}
        context = {"grid": grid, "version": grid.version, "patterns": minute_patterns(), "title": title}
        return self.page(request, "version/grid.html", context)

    # --- what it changes, and publishing --------------------------------------------------------------------------

    def difference_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """What a draft would change, or a published version has changed."""
        return self._difference_page(request, self._version(request, pk))

    def publish_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Put a draft in force: what the person read on the page of differences, and nothing that came after."""
        if not self.has_change_permission(request, self._version(request, pk)):
            raise PermissionDenied
        if request.method != "POST":
            return HttpResponseRedirect(reverse("admin:policy_version_difference", args=[pk]))
        try:
            with transaction.atomic():
                version = self._version(request, pk, lock=True)
                contents = _beside_predecessor(version)
                if request.POST.get("seen") != _fingerprint(contents):
                    raise ValidationError(
                        gettext(
                            "Somebody changed the rules since this page was opened. Please read it again: it is up to date."
                        )
                    )
                if "read" not in request.POST:
                    raise ValidationError(gettext("Please confirm that you have read what changes."))
                version.publish(by=request.user, at=timezone.now())  # type: ignore[arg-type]  # nobody is anonymous here
        except ValidationError as refusal:
            return self._difference_page(request, self._version(request, pk), refusal.messages)
        words = {"number": version.number}
        messages.success(request, gettext("Version %(number)s is in force.") % words)
        return HttpResponseRedirect(reverse("admin:policy_version_change", args=[pk]))

    def _difference_page(
        self, request: HttpRequest, version: Version, refused: list[str] | None = None
    ) -> HttpResponse:
        contents = _beside_predecessor(version)
        former = contents[0].version if len(contents) == 2 else None
        context = {
            "version": version,
            "former": former,
            "sections": difference(*contents) if len(contents) == 2 else [],
            "seen": _fingerprint(contents),
            "refused": refused or [],
            "title": gettext("What version %(number)d changes") % {"number": version.number},
        }
        return self.page(request, "version/difference.html", context | self._verdict(request, version))

    def _verdict(self, request: HttpRequest, version: Version) -> dict[str, Any]:
        """What is known before anybody presses Publish."""
        if version.is_published:
            return {"may_change": False}
        return {
            "may_change": self.has_change_permission(request, version),
            "faults": [sentence for fault in version.faults() for sentence in fault.messages],
            "cautions": list(version.cautions()),
        }

    # --- copying --------------------------------------------------------------------------------------------------

    def has_copy_permission(self, request: HttpRequest, object_id: str) -> bool:
        return self.has_add_permission(request)

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
        version = self.get_object(request, object_id)
        if request.method != "POST" or version is None:
            raise PermissionDenied
        draft = version.copy_as_draft()
        # Unfold's dialogs are sent by htmx, which would follow an ordinary redirect inside the dialog.
        return HttpResponse(headers={"HX-Redirect": reverse("admin:policy_version_change", args=[draft.pk])})

    def _version(self, request: HttpRequest, pk: int, *, lock: bool = False) -> Version:
        versions = self.get_queryset(request)
        if lock:
            versions = versions.select_for_update()
        try:
            version = versions.get(pk=pk)
        except Version.DoesNotExist:
            raise Http404 from None
        if not self.has_view_permission(request, version):
            raise PermissionDenied
        return version


def _beside_predecessor(version: Version) -> list[Content]:
    """The version in force (for a published one: the one before it) and the version itself; the latter alone at first."""
    earlier = Version.objects.published().exclude(pk=version.pk).order_by("-published_at", "-number")
    if version.published_at is not None:
        earlier = earlier.filter(published_at__lte=version.published_at)
    former = earlier.first()
    return read(*filter(None, (former, version)))


def _fingerprint(contents: list[Content]) -> str:
    return "-".join(content.fingerprint() for content in contents)


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
