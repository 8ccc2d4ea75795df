"""Every page in the reader's own language and time zone."""

from collections.abc import Callable
from zoneinfo import ZoneInfo

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone, translation
from django.utils.translation import get_supported_language_variant


class ReaderMiddleware:
    """Activates the signed-in user's language and time zone; a language chosen by cookie comes first.

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
            return self.get_response(request)


def _chose_language(request: HttpRequest) -> bool:
    try:
        get_supported_language_variant(request.COOKIES[settings.LANGUAGE_COOKIE_NAME])
    except LookupError:
        return False
    return True
