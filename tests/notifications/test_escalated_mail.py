"""What a mail about an escalation asks for: only what its reader may do."""

from __future__ import annotations

import pytest

from apps.notifications.models import Message
from tests.cases.conftest import cast, life  # noqa: F401 - fixtures
from tests.cases.life import Cast, Life


@pytest.mark.parametrize("confidential", [False, True])
def test_the_head_of_the_department_is_asked_to_see_to_it_and_not_to_accept(
    confidential: bool,
    cast: Cast,  # noqa: F811
    life: Life,  # noqa: F811
) -> None:
    """Only the destination accepts; who may not open the case is not told what to press there."""
    case = life.escalated(impact="ALL", urgency="CRITICAL", confidential=confidential)
    letters = Message.objects.filter(about=f"cases.case:{case.pk}", key="escalated")
    theirs, ours = (letters.get(recipient=who).body for who in (cast.manager, cast.responder))
    assert "内容をご確認のうえ、受諾をお願いいたします。" in ours
    assert "受諾をお願いいたします" not in theirs
    assert "サポートリーダーでの受諾の手配をお願いいたします。" in theirs
    assert ("「階層的」" in theirs) is not confidential
