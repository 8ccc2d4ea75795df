from django.urls import path

from apps.nearmiss import views

app_name = "nearmiss"
urlpatterns = [
    path("", views.report, name="report"),
    path("code/", views.ask, name="ask"),
    path("receipt/", views.receipt, name="receipt"),
]
