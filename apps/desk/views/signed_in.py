from django.http import HttpRequest

from apps.people.models import User


class SignedIn(HttpRequest):
    """A request behind `login_required`."""

    user: User
