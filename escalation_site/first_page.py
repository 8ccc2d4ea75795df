"""`/admin/`: what waits for me; for an auditor, who has nothing waiting, what happened today."""

from django.contrib import admin
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse


def first_page(request: HttpRequest) -> HttpResponse:
    if request.method == "GET" and request.user.is_authenticated and request.user.only_audits:
        return HttpResponseRedirect(reverse("admin:audit_entry_today"))
    answer: HttpResponse = admin.site.admin_view(admin.site.index)(request)
    return answer
