"""The pages about one thing: its story, and how it was at a past moment; and the door to its masked data."""

from __future__ import annotations

from datetime import datetime
from typing import Any, cast

from django.contrib.auth.models import AbstractBaseUser
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.audit import access, past, story, words
from apps.audit.access import Access
from apps.audit.admin.base import ReadOnlyAdmin
from apps.audit.differences import Rows, Teller
from apps.audit.forms import MomentForm, ReasonForm
from apps.audit.masks import Maskers
from apps.audit.models import Entry, Source
from apps.audit.telling import lines

UNMASK = "audit.unmask_entry"


class ThingPages(ReadOnlyAdmin):
    """Adds `story/?of=cases.case:42`, `past/?of=…&at=…` and `unmask/` to the journal's addresses."""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("story/", view(self.story_view), name="audit_entry_story"),
            path("past/", view(self.past_view), name="audit_entry_past"),
            path("unmask/", view(self.unmask_view), name="audit_entry_unmask"),
            *super().get_urls(),
        ]

    def story_view(self, request: HttpRequest) -> HttpResponse:
        return self.refusal(request) or self._story(request, request.GET.get("of", ""))

    def past_view(self, request: HttpRequest) -> HttpResponse:
        return self.refusal(request) or self._past(request, request.GET.get("of", ""), request.GET)

    def change_view(self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any) -> HttpResponse:
        return self.refusal(request) or self._entry(request, object_id)

    def unmask_view(self, request: HttpRequest) -> HttpResponse:
        """The page that was asked for, without masks. Changes nothing but that the look is an entry, with its reason."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        if not (self.has_view_permission(request) and request.user.has_perm(UNMASK)):
            raise PermissionDenied
        form, asked = ReasonForm(request.POST), request.POST
        shows = form.is_valid()
        if shows:
            _look(request, _subject_of(asked), Access.UNMASKED, form.cleaned_data["reason"])
        match asked.get("page"):
            case "story":
                return self._story(request, asked.get("of", ""), shows_personal=shows, form=form)
            case "past":
                return self._past(request, asked.get("of", ""), asked, shows_personal=shows, form=form)
            case "entry":
                return self._entry(request, asked.get("entry", ""), shows_personal=shows, form=form)
        raise Http404

    # --- the pages ------------------------------------------------------------------------------------------------

    def _story(
        self, request: HttpRequest, subject: str, *, shows_personal: bool = False, form: ReasonForm | None = None
    ) -> HttpResponse:
        found = story.tell(subject, shows_personal=shows_personal)
        if found is None:
            raise Http404
        self._protected(request, subject)
        context = {
            "story": found,
            "page": words.page_of(subject),
            "moment": MomentForm(initial={"at": timezone.localtime()}),
            "is_masked": found.is_masked,
            "unmask_page": "story",
        }
        title = _("The story of %(name)s") % {"name": found.name}
        return self._show(request, "story", title, subject, context, shows_personal, form)

    def _past(
        self,
        request: HttpRequest,
        subject: str,
        asked: Any,
        *,
        shows_personal: bool = False,
        form: ReasonForm | None = None,
    ) -> HttpResponse:
        if words.kind_of(subject) is None:
            raise Http404
        moment = MomentForm(asked if asked.get("at") else {"at": timezone.localtime().strftime("%Y-%m-%dT%H:%M:%S")})
        at: datetime | None = moment.cleaned_data["at"] if moment.is_valid() else None
        found = past.as_it_was(subject, at, shows_personal=shows_personal) if at else None
        name = found.name if found else Maskers([subject]).say(subject, words.names([subject])[subject])
        if found:
            self._protected(request, subject)
        context = {
            "past": found,
            "at": at,
            "is_future": at is not None and at.replace(microsecond=0) > timezone.now(),
            "name": name,
            "moment": moment,
            "is_masked": found is not None and found.is_masked,
            "unmask_page": "past",
        }
        title = _("%(name)s as it was") % {"name": name}
        return self._show(request, "past", title, subject, context, shows_personal, form)

    def _entry(
        self, request: HttpRequest, pk: str, *, shows_personal: bool = False, form: ReasonForm | None = None
    ) -> HttpResponse:
        entry = Entry.objects.filter(pk=int(pk)).first() if pk.isdecimal() else None
        if entry is None:
            raise Http404
        self._protected(request, entry.subject)
        pair, maskers = Rows([entry]).pair(entry), Maskers([entry.subject], shows_personal=shows_personal)
        differences = Teller(pair, maskers, shows_personal=shows_personal).differences(*pair)
        (line,) = lines([entry], maskers)
        context = {
            "line": line,
            "entry": entry,
            "differences": differences,
            "is_masked": line.is_masked or any(each.is_masked for each in differences),
            "unmask_page": "entry",
        }
        title = f"{line.action}: {line.subject}"
        return self._show(request, "entry", title, entry.subject, context, shows_personal, form)

    def _show(
        self,
        request: HttpRequest,
        name: str,
        title: str,
        subject: str,
        context: dict[str, Any],
        shows_personal: bool,
        form: ReasonForm | None,
    ) -> HttpResponse:
        context |= {
            **self.admin_site.each_context(request),
            "subject": subject,
            "shows_personal": shows_personal,
            "reason": form or ReasonForm(),
            "may_unmask": request.user.has_perm(UNMASK),
            "title": title,
            "opts": self.opts,
            "media": self.media,
        }
        request.current_app = self.admin_site.name  # type: ignore[attr-defined]
        return TemplateResponse(request, f"admin/audit/{name}.html", context)

    def _protected(self, request: HttpRequest, subject: str) -> None:
        """Looking at what is protected is an entry; of a look without masks there is one already."""
        kind = words.kind_of(subject)
        if request.method == "GET" and kind is not None and kind.is_protected(subject.partition(":")[2]):
            _look(request, subject, Access.VIEWED)


def _subject_of(asked: Any) -> str:
    """Of the page that is asked for. 404 where the journal has no entry of it."""
    entries = Entry.objects.order_by("id")
    if asked.get("page") == "entry":
        pk = asked.get("entry", "")
        entries = entries.filter(pk=int(pk)) if pk.isdecimal() else entries.none()
    else:
        entries = entries.filter(subject=asked.get("of", ""))
    found: str | None = entries.values_list("subject", flat=True).first()
    if found is None:
        raise Http404
    return found


def _look(request: HttpRequest, subject: str, how: Access, reason: str = "") -> None:
    by = cast("AbstractBaseUser", request.user)
    access.record(subject, how, by=by, now=timezone.now(), source=Source.ADMIN, reason=reason)
