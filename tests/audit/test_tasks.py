from apps.audit import tasks
from apps.audit.models import Seal


def test_the_nudge_seals_the_journal(journal: None) -> None:
    tasks.seal()
    tasks.seal()

    assert [seal.count for seal in Seal.objects.all()] == [7]
    assert tasks.seal.name == "audit.seal"
