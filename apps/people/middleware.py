"""Every page in the reader's own language and time zone; and nothing but reading for those who only audit."""

from collections.abc import Callable
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.utils import timezone, translation
from django.utils.cache import patch_cache_control
from django.utils.translation import get_supported_language_variant
from django.utils.translation import gettext as _

READING = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
# What an auditor may send: about themselves, or to see or take away what they may read, which changes nothing but the
# journal.
OWN = frozenset(
    {
        *("login", "logout", "set_language", "admin:login", "admin:logout"),
        *("admin:password_change", "preferences", "looked"),
        # Anybody in the building reports a near miss on pages that never look at who is signed in: to refuse it to an auditor
        # they would have to, and what is sent leads to nobody.
        *("nearmiss:report", "nearmiss:receipt"),
        *("admin:audit_entry_unmask", "admin:cases_case_show", "case_show", "admin:audit_entry_export"),
        *(f"admin:audit_verification_{name}" for name in ("ask", "bundle", "send_again")),
        *(f"admin:people_{table}_export" for table in ("user", "department", "team", "shift")),
        "admin:policy_calendar_export",
    }
)


class ReaderMiddleware:
    """Activates the signed-in user's language and time zone; a language chosen by cookie comes first. What they get to
    see is kept by no cache but their own, which asks each time.

    Belongs after AuthenticationMiddleware and inside LocaleMiddleware, which sets the language anew for each request.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.user.is_authenticated:
            return self.get_response(request)
        if not _chose_language(request):
            # Not undone afterwards: LocaleMiddleware still reads it for the response's Content-Language.
            translation.activate(request.user.language)
            request.LANGUAGE_CODE = request.user.language
        with timezone.override(ZoneInfo(request.user.time_zone)):
            response = self.get_response(request)
        if not response.has_header("Cache-Control"):  # on a shared telephone the next person asks the server first
            patch_cache_control(response, private=True, no_cache=True)
        return response


def _chose_language(request: HttpRequest) -> bool:
    try:
        get_supported_language_variant(request.COOKIES[settings.LANGUAGE_COOKIE_NAME])
    except LookupError:
        return False
    return True


class OnlyReadingMiddleware:
    """Refuses whatever is no reading from a person who is an auditor and nothing else, wherever it is sent."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *_args: object) -> None:
        """Raises PermissionDenied."""
        if request.method in READING or not request.user.is_authenticated or not request.user.only_audits:
            return
        found = request.resolver_match
        if found is None or found.view_name not in OWN:
            raise PermissionDenied(_("An auditor reads, and changes nothing."))
