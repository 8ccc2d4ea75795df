"""People: who, where, at which level, on duty when, how far their authority goes."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PeopleConfig(AppConfig):
    """Imports `apps.audit` only."""

    name = "apps.people"
    label = "people"
    verbose_name = _("People")

    def ready(self) -> None:
        from apps.audit import personal
        from apps.people import journal  # models exist only now

        journal.register()
        text = ("last_name", "first_name", "last_name_kana", "first_name_kana", "history_change_reason")
        blanks = {"username": f"member-{personal.KEY}", "email": "", "phone": "", **dict.fromkeys(text, personal.BLACK)}
        personal.register("people.user", blanks)
