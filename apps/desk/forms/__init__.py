from apps.desk.forms.confirm import NotSettledForm, SettledForm
from apps.desk.forms.preferences import PreferencesForm
from apps.desk.forms.report import FLAGS, IMPACTS, URGENCIES, ReportForm

__all__ = [
    "FLAGS",
    "IMPACTS",
    "URGENCIES",
    "NotSettledForm",
    "PreferencesForm",
    "ReportForm",
    "SettledForm",
]
