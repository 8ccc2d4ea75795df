from django.urls import path

from apps.cases import views

urlpatterns = [path("attachments/<uuid:pk>/", views.attachment, name="attachment")]
