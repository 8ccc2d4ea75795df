"""`/healthz`: what a balancer and a watchman see."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import DatabaseError
from django.test import Client

from apps.cases import clock, tasks
from apps.cases.models import Deadline
from tests.cases.life import NOW, Life, set_stage

pytestmark = pytest.mark.django_db


@pytest.fixture
def ask(client: Client) -> Callable[[], tuple[int, dict[str, Any]]]:
    """Ask at a moment; gives the status and the answer."""

    def at(moment: Any = NOW) -> tuple[int, dict[str, Any]]:
        with time_machine.travel(moment, tick=False):
            response = client.get("/healthz")
        assert response["Content-Type"] == "application/json"
        assert "no-cache" in response["Cache-Control"]
        return response.status_code, response.json()

    return at


@pytest.fixture
def life() -> Life:
    return Life(set_stage())


def sweep(moment: Any) -> None:
    with time_machine.travel(moment, tick=False):
        tasks.sweep()


def test_it_is_ill_before_the_first_sweep_and_well_after_it(ask: Callable[..., Any]) -> None:
    status, answer = ask()
    assert (status, answer["healthy"], answer["swept_at"]) == (503, False, None)
    assert len(answer["reasons"]) == 1

    sweep(NOW)

    status, answer = ask()
    assert (status, answer) == (
        200,
        {
            "healthy": True,
            "reasons": [],
            "failing_clocks": 0,
            "swept_at": "2026-11-24T01:00:00Z",
            "waiting_seconds": 0,
            "worst_lateness_seconds": 0,
        },
    )


def test_it_is_ill_when_nobody_has_swept_for_more_than_a_minute(ask: Callable[..., Any]) -> None:
    sweep(NOW)

    assert ask(NOW + timedelta(seconds=60))[0] == 200
    status, answer = ask(NOW + timedelta(seconds=61))
    assert (status, answer["healthy"], len(answer["reasons"])) == (503, False, 1)


def test_it_is_ill_while_a_clock_waits_too_long_and_well_when_it_was_looked_at(
    ask: Callable[..., Any], life: Life
) -> None:
    life.received(impact="SOME", urgency="HIGH")  # its first response warns after 11 minutes and a quarter
    at = NOW + timedelta(minutes=13)
    clock.record(clock.Swept(), at)

    status, answer = ask(at)
    assert (status, answer["waiting_seconds"], len(answer["reasons"])) == (503, 105, 1)

    sweep(at)

    status, answer = ask(at)
    assert (status, answer["waiting_seconds"], answer["worst_lateness_seconds"]) == (200, 0, 105)


def test_it_shows_a_clock_that_cannot_be_handled_and_stays_well_for_the_others(
    ask: Callable[..., Any], life: Life, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = life.received(impact="SOME", urgency="HIGH")
    warn_at = life.clocks(case)["FIRST_RESPONSE"].next_at
    with monkeypatch.context() as broken:
        broken.setattr(clock, "look_at", lambda *args, **values: 1 / 0)
        sweep(warn_at)

    status, answer = ask(warn_at)
    assert (status, answer["failing_clocks"], answer["reasons"]) == (200, 1, [])
    assert Deadline.objects.get(attempts=1).error == "ZeroDivisionError: division by zero"

    sweep(warn_at + timedelta(minutes=1))

    assert ask(warn_at + timedelta(minutes=1))[1]["failing_clocks"] == 0


def test_it_is_ill_without_a_database(ask: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    def unreachable(now: object) -> None:
        raise DatabaseError("connection refused on 10.0.0.5")

    monkeypatch.setattr(clock, "health", unreachable)

    status, answer = ask()

    assert (status, answer["healthy"], len(answer["reasons"])) == (503, False, 1)
    assert "10.0.0.5" not in str(answer)  # it tells nothing of the inside


def test_it_may_only_be_read(client: Client) -> None:
    assert client.post("/healthz").status_code == 405
    assert client.head("/healthz").status_code == 503
