"""How the journal names near misses: by their number alone, for it shall tell of nobody who reported one."""

from django.utils.translation import gettext_lazy as _

from apps.audit import words
from apps.audit.words import Kind
from apps.nearmiss.models import NearMiss


def register() -> None:
    words.register(
        Kind("nearmiss.nearmiss", reads=("id",), say=lambda number: f"#{number}", page="admin:nearmiss_nearmiss_change")
    )
    words.register_actions(
        {
            "reported": _("Reported a near miss"),
            "added": _("Added facts to a near miss"),
            "answered": _("Answered a near miss"),
            "closed": _("Closed a near miss"),
            "became_a_case": _("Made a case of a near miss"),
        }
    )
    words.register_states(dict(NearMiss.Status.choices))
