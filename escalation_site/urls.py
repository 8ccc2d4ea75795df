from django.contrib import admin
from django.urls import include, path

from escalation_site.first_page import first_page
from escalation_site.health import healthz

admin.site.index_template = "admin/first_page.html"

urlpatterns = [
    path("healthz", healthz, name="healthz"),
    path("admin/", first_page),
    path("admin/", admin.site.urls),
    path("i18n/", include("django.conf.urls.i18n")),
    path("near-miss/", include("apps.nearmiss.urls")),
    path("", include("apps.cases.urls")),
    path("", include("apps.desk.urls")),
]
