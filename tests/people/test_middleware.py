"""Every page in the reader's own language and time zone."""

import pytest
from django.contrib.auth.models import AnonymousUser
from django.http import HttpResponse
from django.test import RequestFactory
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from apps.people.middleware import ReaderMiddleware
from apps.people.models import User


@pytest.fixture
def page():
    """Asks for a page as somebody; returns (language, time zone) as the view sees them."""

    def ask(user, **cookies):
        seen = []
        request = RequestFactory().get("/")
        request.user = user
        request.COOKIES = cookies

        def view(_request):
            seen.extend([translation.get_language(), timezone.get_current_timezone_name()])
            return HttpResponse(_("Yes"))

        with translation.override("ja"):  # as LocaleMiddleware would for this reader's browser
            ReaderMiddleware(view)(request)
        return tuple(seen)

    return ask


@pytest.fixture
def reader():
    return User(username="reader", language="en", time_zone="Europe/Berlin")


def test_a_signed_in_reader_gets_their_own_language_and_time_zone(page, reader):
    assert page(reader) == ("en", "Europe/Berlin")
    assert timezone.get_current_timezone_name() == "Asia/Tokyo"


def test_a_language_chosen_by_cookie_comes_first(page, reader):
    assert page(reader, django_language="ja") == ("ja", "Europe/Berlin")


def test_a_cookie_with_nonsense_counts_for_nothing(page, reader):
    assert page(reader, django_language="klingon") == ("en", "Europe/Berlin")


def test_a_stranger_gets_the_sites_own(page):
    assert page(AnonymousUser()) == ("ja", "Asia/Tokyo")


@pytest.mark.django_db
def test_the_sign_in_page_and_the_answers_language_header(client, reader):
    reader.save()
    assert client.get("/admin/login/").headers["Content-Language"] == "ja"
    client.force_login(reader, backend="apps.people.backends.RoleBackend")
    assert client.get("/admin/login/").headers["Content-Language"] == "en"
