"""The pages of the desk. Each makes one domain call; what may be seen and done is decided below, in `cases`."""

from apps.desk.views.cases import case, cases, home, looked, verb
from apps.desk.views.confirm import confirm
from apps.desk.views.contacts import contacts
from apps.desk.views.installed import manifest, offline, service_worker
from apps.desk.views.preferences import preferences
from apps.desk.views.report import report
from apps.desk.views.rules import rules
from apps.desk.views.showing import show

__all__ = [
    "case",
    "cases",
    "confirm",
    "contacts",
    "home",
    "looked",
    "manifest",
    "offline",
    "preferences",
    "report",
    "rules",
    "service_worker",
    "show",
    "verb",
]
