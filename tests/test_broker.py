"""The filesystem broker lives through what kombu's own would die of."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from kombu import Connection
from kombu.simple import SimpleQueue


@pytest.fixture
def queue(tmp_path: Path) -> Iterator[SimpleQueue]:
    folders = {"data_folder_in": str(tmp_path), "data_folder_out": str(tmp_path)}
    options = {**folders, "control_folder": str(tmp_path / "control"), "polling_interval": 0.01}
    with Connection("filesystem://", transport="escalation_site.broker:Transport", transport_options=options) as broker:
        yield broker.SimpleQueue("nudges")


def test_a_half_written_message_is_passed_over(queue: SimpleQueue, tmp_path: Path):
    for number, torn in enumerate(["", '{"body": "'], start=1):
        (tmp_path / f"{number}_torn.nudges.msg").write_text(torn)
    queue.put("sweep")
    assert queue.get(timeout=5).payload == "sweep"
