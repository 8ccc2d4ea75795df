"""The escalation sheet of a full case on paper."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.browser import Visit
from tests.cases.adminpages import LIST
from tests.cases.life import Cast, Life

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_a_case_told_at_length_still_is_one_page(cast: Cast, life: Life, visit: Visit, tmp_path: Path) -> None:
    case = life.resolved(
        subject="本店および関西地区全店舗における基幹業務システムの断続的な応答遅延と、当日出荷分約1,200件の遅れについて",
        facts="午前九時ごろから応答が断続的に遅くなり、受注の登録に一件あたり三分以上かかる。\n" * 10,
        customer_said="このままでは当社の信用に関わる。責任者から本日中に説明がほしい。" * 6,
        first_line_did="端末三台で再起動を試した。ネットワーク担当に回線の状態を照会した。" * 5,
        stuck_on="サーバー側の記録を確認する権限がない。" * 4,
        urgency_reason="本日十五時の出荷締めに間に合わない。",
        place="本店、関西地区全店舗（大阪・京都・神戸・奈良・和歌山・滋賀の計二十三店舗）",
        customer="株式会社東日本エレクトロニクスシステムズ関西第二営業本部",
    )
    page = visit(cast.lead, f"{LIST}{case.pk}/print/")
    path = tmp_path / "full.pdf"
    page.pdf(path=path, prefer_css_page_size=True)
    assert len(re.findall(rb"/Type\s*/Page\b", path.read_bytes())) == 1
