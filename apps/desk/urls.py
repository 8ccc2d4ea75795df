from django.contrib.auth.views import LoginView, LogoutView
from django.urls import path, register_converter

from apps.desk import views


class CaseNumber:
    regex = "ESC-[0-9]{4}-[0-9]{6,9}"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


register_converter(CaseNumber, "case_number")

urlpatterns = [
    path("", views.home, name="home"),
    path("report/", views.report, name="report"),
    path("cases/", views.cases, name="cases"),
    path("cases/<case_number:number>/", views.case, name="case"),
    path("cases/<case_number:number>/looked/", views.looked, name="looked"),
    path("cases/<case_number:number>/show/", views.show, name="case_show"),
    path("cases/<case_number:number>/<slug:name>/", views.verb, name="verb"),
    path("contacts/", views.contacts, name="contacts"),
    path("rules/", views.rules, name="rules"),
    path("settings/", views.preferences, name="preferences"),
    path("confirm/<str:token>/", views.confirm, name="confirm"),
    path("manifest.webmanifest", views.manifest, name="manifest"),
    path("sw.js", views.service_worker, name="service_worker"),
    path("offline/", views.offline, name="offline"),
    path("login/", LoginView.as_view(redirect_authenticated_user=True), name="login"),
    path("logout/", LogoutView.as_view(), name="logout"),
]
