"""The list of cases: its page, the views that people keep of it, and verbs on many of its rows."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect, QueryDict
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from unfold.admin import ModelAdmin

from apps.cases import search, showing
from apps.cases.admin import bulk, queues, saved_views
from apps.cases.admin.criteria import Criteria
from apps.cases.admin.list_page import list_page
from apps.cases.models import Case, SavedView
from apps.cases.verbs import VERBS

DIALOGS = frozenset({"save", "view", "filters", "keys"})


class CaseListAdmin(ModelAdmin):
    actions = None

    def get_queryset(self, request: HttpRequest) -> QuerySet[Case]:
        """All that the person may see: every page of this admin reads through here."""
        cases = queues.with_urgency(queues.visible(queues.reader(request)))
        return cases.select_related("team", "level", "owner").prefetch_related(queues.clocks())

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("bulk/", wrap(self.bulk_view), name="cases_case_bulk"),
            path("views/save/", wrap(self.save_view), name="cases_case_save_view"),
            path("views/<int:pk>/", wrap(self.change_saved_view), name="cases_case_change_view"),
            path("views/<int:pk>/delete/", wrap(self.delete_saved_view), name="cases_case_delete_view"),
            *super().get_urls(),
        ]

    # --- the list -------------------------------------------------------------------------------------------------

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        if request.method not in ("GET", "HEAD"):
            return HttpResponseNotAllowed(["GET", "HEAD"])
        self._check_reader(request)
        if number := search.number_in(request.GET.get("q", "")):
            pk = queues.visible(queues.reader(request)).filter(number=number).values_list("pk", flat=True).first()
            if pk is not None:
                return HttpResponseRedirect(reverse("admin:cases_case_change", args=[pk]))
        dialog = request.GET.get("dialog", "")
        return self._list(request, request.GET, dialog=dialog if dialog in DIALOGS else "")

    def _list(self, request: HttpRequest, asked: QueryDict, **options: Any) -> HttpResponse:
        context = list_page(asked, queues.reader(request), timezone.now(), **options)
        return self._render(request, "admin/cases/case/list.html", context)

    def _render(self, request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
        request.current_app = self.admin_site.name  # type: ignore[attr-defined]
        frame = {
            **self.admin_site.each_context(request),
            "title": self.opts.verbose_name_plural,
            "subtitle": None,
            "opts": self.opts,
            "media": self.media,
            "is_fullwidth": "1",
        }
        return TemplateResponse(request, template, frame | context)

    def _check_reader(self, request: HttpRequest) -> None:
        if not self.has_view_permission(request):
            raise PermissionDenied

    # --- saved views ----------------------------------------------------------------------------------------------

    def save_view(self, request: HttpRequest) -> HttpResponse:
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        self._check_reader(request)
        form = saved_views.ViewForm(request.POST, user=queues.reader(request))
        return self._keep(request, form, dialog="save")

    def change_saved_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        view = self._own_view(request, pk)
        form = saved_views.ViewForm(request.POST, user=queues.reader(request), instance=view)
        return self._keep(request, form, dialog="view")

    def _keep(self, request: HttpRequest, form: saved_views.ViewForm, *, dialog: str) -> HttpResponse:
        if form.is_valid():
            try:
                with transaction.atomic():
                    view = form.save()
            except IntegrityError:  # the same name at the same moment
                form.add_error("name", saved_views.NAME_TAKEN)
            else:
                messages.success(request, _("The list “%(name)s” is kept.") % {"name": view.name})
                return HttpResponseRedirect(f"{reverse('admin:cases_case_changelist')}?{view.query}&view={view.pk}")
        asked = QueryDict(request.POST.get("query", ""), mutable=True)
        if form.instance.pk:
            asked["view"] = str(form.instance.pk)
        return self._list(request, asked, dialog=dialog, form=form)

    def delete_saved_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        view = self._own_view(request, pk)
        query, name = Criteria.read(QueryDict(view.query)).query(), view.name
        view.delete()
        messages.success(request, _("The list “%(name)s” is deleted. The cases in it are untouched.") % {"name": name})
        return HttpResponseRedirect(f"{reverse('admin:cases_case_changelist')}?{query}")

    def _own_view(self, request: HttpRequest, pk: int) -> SavedView:
        """One that the person sees; refused if they may not change it. Not given by the admin's permissions."""
        self._check_reader(request)
        tab = next((each for each in saved_views.tabs(queues.reader(request), "") if each.view.pk == pk), None)
        if tab is None:
            raise Http404
        if not tab.may_change:
            raise PermissionDenied
        return tab.view

    # --- many at once ---------------------------------------------------------------------------------------------

    def bulk_view(self, request: HttpRequest) -> HttpResponse:
        """Ask for what the verb demands, then do it to each of the ticked cases and tell what came of each."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        self._check_reader(request)
        user, spec = queues.reader(request), VERBS.get(request.POST.get("verb", ""))
        back = Criteria.read(QueryDict(request.POST.get("back", ""))).query()
        list_address = f"{reverse('admin:cases_case_changelist')}?{back}"
        try:
            if spec is None or spec.name not in bulk.VERBS_FOR_MANY:
                raise bulk.Unusable(_("Please choose what is to be done with the cases."))
            is_sent = request.POST.get("step") == "do"
            rows, unseen = bulk.chosen(request.POST.getlist("row"), user)
            if not rows and is_sent and showing.typed_words(request, spec):
                return showing.not_here(request, spec)
            if not rows:
                raise bulk.Unusable(_("None of these cases is open to you any more."))
        except bulk.Unusable as unusable:
            messages.error(request, str(unusable))
            return HttpResponseRedirect(list_address)
        context = {"spec": spec, "rows": rows, "unseen": unseen, "back": back, "list_address": list_address}
        form = bulk.form_for(spec, rows, user, request.POST if is_sent else None)
        if not is_sent or not form.is_valid():
            form.initial.update(bulk.typed(form, request.POST))
            return self._render(request, "admin/cases/case/bulk.html", context | {"form": form})
        outcomes = bulk.run(spec, rows, user, form.values(), timezone.now())
        context |= {
            "done": [each for each in outcomes if not each.refusal],
            "refused": [each for each in outcomes if each.refusal],
            "typed": bulk.as_pairs(form),
        }
        return self._render(request, "admin/cases/case/bulk_result.html", context)
