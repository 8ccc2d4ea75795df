"""manage.py demo: the demo organisation and some cases; prints who may sign in."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from apps.cases.demo import seed_cases
from apps.people.seed import DEMO_PASSWORD, seed_demo
from apps.policy.seed import seed_policy


class Command(BaseCommand):
    help = "Make the demo organisation and demo cases where they are missing, and print the demo people."

    def handle(self, **options: Any) -> None:
        people = seed_demo()
        seed_policy()
        seed_cases(timezone.now())
        for username, name, roles in people:
            self.stdout.write(f"{username:<14} {name}  {roles}")
        self.stdout.write(f"password: {DEMO_PASSWORD}")
