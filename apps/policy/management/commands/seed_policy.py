from typing import Any

from django.core.management.base import BaseCommand
from django.utils.translation import gettext

from apps.policy.models import Version
from apps.policy.seed import seed_policy


class Command(BaseCommand):
    help = "Publish the default policy if no policy has been published yet."

    def handle(self, **_options: Any) -> None:
        there = Version.objects.published().exists()
        version = seed_policy()
        sentence = (
            gettext("Nothing to do: version %(number)s “%(title)s” is in force.")
            if there
            else gettext("Published version %(number)s “%(title)s”.")
        )
        self.stdout.write(sentence % {"number": version.number, "title": version.title})
