"""The Celery app. Its tasks are nudges: lose every message and the next beat puts it right."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "escalation_site.settings")

app = Celery("escalation_site")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
