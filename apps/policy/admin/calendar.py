"""A business calendar: its hours and closures, and a month of it as a table."""

from __future__ import annotations

import re
from datetime import date, timedelta

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.dates import WEEKDAYS_ABBR
from django.utils.formats import date_format
from django.utils.translation import gettext

from apps.people.transfer.admin import TransferAdmin

from ..models import Calendar, Closure, OpenHours, Weekday
from ..month import weeks
from ..transfer import Closures, OpeningHours
from ..words import closed_days
from .draft import PartAdmin, PartInline, take_what_was_typed

SUNDAY_FIRST = [Weekday.SUNDAY, *list(Weekday)[:6]]


class OpenHoursInline(PartInline):
    model = OpenHours


class ClosureInline(PartInline):
    model = Closure


class ClosureForm(forms.ModelForm):
    class Meta:
        model = Closure
        fields = ["name", "starts_on", "ends_on", "every_year"]
        widgets = {
            name: forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d") for name in ("starts_on", "ends_on")
        }


@admin.register(Calendar)
class CalendarAdmin(TransferAdmin, PartAdmin):
    inlines = [OpenHoursInline, ClosureInline]
    resource_classes = [OpeningHours, Closures]
    also_changes = ("policy.add_openhours", "policy.change_openhours", "policy.add_closure", "policy.change_closure")
    change_form_outer_before_template = "admin/policy/calendar/link.html"

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.month_view)
        return [path("<int:pk>/month/", view, name="policy_calendar_month"), *super().get_urls()]

    def month_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """A month of the calendar (`?month=2026-11`; this one if not given). A POST adds a closure to a draft's."""
        take_what_was_typed(request)
        calendar = self._calendar(request, pk)
        may_add = self.has_change_permission(request, calendar) and request.user.has_perm("policy.add_closure")
        if request.method != "POST":
            chosen = _date(request.GET.get("day", ""))
            form = ClosureForm(initial={"starts_on": chosen, "ends_on": chosen})
            return self._month_page(request, calendar, form if may_add else None)
        if not may_add:
            raise PermissionDenied
        form = ClosureForm(request.POST, instance=Closure(calendar=calendar))
        with transaction.atomic():
            too_late = self.too_late(request, calendar)
            if not form.is_valid() or too_late:
                form.add_error(None, too_late) if too_late else None
                return self._month_page(request, calendar, form)
            closure = form.save()
        words = {"name": closure.name, "days": closed_days(closure)}
        messages.success(request, gettext("Closed: %(name)s, %(days)s.") % words)
        month = f"?month={closure.starts_on:%Y-%m}"
        return HttpResponseRedirect(reverse("admin:policy_calendar_month", args=[pk]) + month)

    def _month_page(self, request: HttpRequest, calendar: Calendar, form: ClosureForm | None) -> HttpResponse:
        today = timezone.localdate()
        first = _date(f"{request.GET.get('month', '')}-01") or today.replace(day=1)
        shown = weeks(calendar, first)
        name = date_format(first, "YEAR_MONTH_FORMAT")
        context = {
            "calendar": calendar,
            "version": calendar.version,
            "weekdays": [(weekday.label, WEEKDAYS_ABBR[weekday]) for weekday in SUNDAY_FIRST],
            "weeks": shown,
            "special": [each for week in shown for each in week if each.is_in_month and each.reasons],
            "today": today,
            "month": name,
            "first": first,
            "previous": first - timedelta(days=1),
            "next": first + timedelta(days=31),
            "form": form,
            "title": f"{calendar.name} {name}",
        }
        return self.page(request, "calendar/month.html", context)

    def _calendar(self, request: HttpRequest, pk: int) -> Calendar:
        calendars = self.get_queryset(request).select_related("version").prefetch_related("hours", "closures")
        calendar = calendars.filter(pk=pk).first()
        if calendar is None:
            raise Http404
        if not self.has_view_permission(request, calendar):
            raise PermissionDenied
        return calendar


def _date(text: str) -> date | None:
    """None for what is no date of the years that people plan in."""
    if not re.fullmatch(r"[12]\d{3}-\d\d-\d\d", text):
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
