"""The matrix as one grid: saved together or not at all, nothing lost, nothing overwritten unseen."""

from __future__ import annotations

import pytest

from apps.audit.models import Entry
from apps.people.models import Membership, Role, User
from apps.policy.models import MatrixRow, PriorityCell, Version
from tests.policy import adminpages
from tests.policy.adminpages import page, seen, typed

pytestmark = pytest.mark.django_db


@pytest.fixture
def grid(draft):
    return page("version_grid", draft.pk)


@pytest.fixture
def colleague(draft, second_line):
    """Another policy owner with the grid open at the same time."""
    user = User.objects.create(username="second", is_staff=True, language="en", last_name="Mori", first_name="Chihiro")
    Membership.objects.create(user=user, team=second_line, role=Role.POLICY_OWNER)
    return adminpages.signed_in(user)


def history(model):
    return model.history.count()


def test_what_was_changed_is_saved_each_with_its_history_and_its_entry_in_the_journal(browser, draft, grid, owner):
    data = typed(draft, seen(browser, grid), {"row-P2-first_response": 20, "cell-ALL-HIGH-priority": "P2"})
    rows, cells, entries = history(MatrixRow), history(PriorityCell), Entry.objects.count()

    response = browser.post(grid, data, follow=True)

    assert response.redirect_chain == [(page("version_change", draft.pk), 302)]
    assert "Saved: everyone × high, P2 high." in response.text
    assert draft.rows.get(priority="P2").first_response == 20
    assert draft.cells.get(impact="ALL", urgency="HIGH").priority == "P2"
    assert (history(MatrixRow), history(PriorityCell)) == (rows + 1, cells + 1)
    assert [(entry.actor, entry.action, entry.details) for entry in Entry.objects.order_by("pk")[entries:]] == [
        (f"people.user:{owner.pk}", "changed", {"changed": ["priority"]}),
        (f"people.user:{owner.pk}", "changed", {"changed": ["first_response"]}),
    ]


def test_a_grid_sent_back_as_it_came_writes_nothing(browser, draft, grid):
    rows, cells = history(MatrixRow), history(PriorityCell)
    response = browser.post(grid, typed(draft, seen(browser, grid)), follow=True)
    assert "There was nothing to save" in response.text
    assert (history(MatrixRow), history(PriorityCell)) == (rows, cells)


def test_every_kind_of_field_is_saved(browser, draft, grid, second_line):
    changes = {
        "row-P1-alert_head": False,
        "row-P1-means": ["MAIL"],
        "row-P1-calendar": draft.calendars.get().pk,
        "row-P1-destination_team": second_line.pk,
    }
    assert browser.post(grid, typed(draft, seen(browser, grid), changes)).status_code == 302
    row = draft.rows.get(priority="P1")
    assert (row.alert_head, row.means, row.calendar, row.destination_team) == (
        False,
        ["MAIL"],
        draft.calendars.get(),
        second_line,
    )


def test_all_that_is_wrong_is_said_at_its_cell_and_nothing_is_saved_or_lost(browser, draft, grid):
    changes = {
        "row-P1-first_response": 30,  # not before the first-line limit of 15
        "row-P2-resolution_limit": 59,
        "row-P3-stale_limit": 0,
        "row-P4-ladder": "",
        "cell-ONE-LOW-priority": "P3",
    }
    response = browser.post(grid, typed(draft, seen(browser, grid), changes))
    assert list(response.context["grid"].errors()) == [
        (
            "id_row-P1-first_line_limit",
            "P1 highest First-line limit (min)",
            "Must be longer than the first response (30 min).",
        ),
        (
            "id_row-P2-resolution_limit",
            "P2 high Resolution limit (min)",
            "Must not be shorter than the first-line limit (1 h).",
        ),
        ("id_row-P3-stale_limit", "P3 medium Stale after (min)", "Ensure this value is greater than or equal to 1."),
        ("id_row-P4-ladder", "P4 low Ladder", "This field is required."),
    ]
    assert '<a class="ek-link" href="#id_row-P1-first_line_limit">' in response.text
    assert 'name="row-P1-first_response" value="30"' in response.text
    assert response.context["grid"].forms["cell-ONE-LOW"]["priority"].value() == "P3"
    assert draft.cells.get(impact="ONE", urgency="LOW").priority == "P4"


def test_the_ladders_and_calendars_of_other_versions_are_not_to_be_chosen(browser, published, draft, grid):
    changes = {"row-P1-ladder": published.ladders.first().pk}
    response = browser.post(grid, typed(draft, seen(browser, grid), changes))
    assert [where for where, _what, _sentence in response.context["grid"].errors()] == ["id_row-P1-ladder"]


def test_an_empty_draft_is_filled_in_step_by_step(browser, published):
    draft = Version.objects.create(title="新規")
    ladder = draft.ladders.create(name="共通")
    grid = page("version_grid", draft.pk)
    limits = {"first_response": 5, "first_line_limit": 15, "resolution_limit": 60, "status_interval": 30}
    limits |= {"stale_limit": 30, "confirmation_limit": 60, "review_limit": 60}
    level = published.rows.first().destination_level
    row = limits | {"destination_level": level.pk, "ladder": ladder.pk, "means": ["CHAT"]}
    data = {"seen": seen(browser, grid), "cell-ALL-CRITICAL-priority": "P1"}
    data |= {f"row-P1-{name}": value for name, value in row.items()}

    assert browser.post(grid, data).status_code == 302

    assert [(cell.impact, cell.urgency, cell.priority) for cell in draft.cells.all()] == [("ALL", "CRITICAL", "P1")]
    assert [(row.priority, row.first_response, row.ladder) for row in draft.rows.all()] == [("P1", 5, ladder)]


# --- two people at once -----------------------------------------------------------------------------------------------


def test_what_somebody_else_saved_meanwhile_is_neither_overwritten_nor_hidden(browser, colleague, draft, grid, owner):
    early = seen(colleague, grid)
    mine = typed(draft, early, {"row-P2-first_response": 25, "row-P2-stale_limit": 99})
    theirs = {"row-P1-first_response": 7, "row-P2-first_response": 20}
    assert browser.post(grid, typed(draft, early, theirs)).status_code == 302

    response = colleague.post(grid, mine)

    assert f"{owner} changed this matrix while you were working on it." in response.text
    forms = response.context["grid"].forms
    assert forms["row-P1"]["first_response"].value() == "7"  # left alone: theirs
    assert forms["row-P2"]["first_response"].value() == "25"  # typed: mine, with theirs beside it
    assert forms["row-P2"]["stale_limit"].value() == "99"
    assert list(response.context["grid"].errors()) == [
        ("id_row-P2-first_response", "P2 high First response (min)", "Meanwhile changed by somebody else to: 20 min")
    ]
    assert draft.rows.get(priority="P2").first_response == 20

    again = mine | {"seen": response.context["grid"].past.now, "row-P1-first_response": 7}
    assert colleague.post(grid, again).status_code == 302
    assert list(draft.rows.order_by("priority").values_list("first_response", "stale_limit"))[:2] == [(7, 60), (25, 99)]


def test_a_draft_published_meanwhile_says_so_and_keeps_what_was_typed(browser, colleague, draft, grid, owner):
    data = typed(draft, seen(colleague, grid), {"row-P2-first_response": 25})
    difference = page("version_difference", draft.pk)
    browser.post(page("version_publish", draft.pk), {"seen": seen(browser, difference), "read": "on"})

    response = colleague.post(grid, data)

    assert f"{owner} published version 2 meanwhile" in response.text
    assert 'name="row-P2-first_response" value="25"' in response.text
    assert 'type="submit">Save the matrix' not in response.text
    assert draft.rows.get(priority="P2").first_response == 15


def test_a_page_without_its_hidden_word_never_overwrites(browser, draft, grid):
    data = typed(draft, "nonsense", {"row-P2-first_response": 25})
    assert browser.post(grid, data).status_code == 200
    assert draft.rows.get(priority="P2").first_response == 15


# --- how much it reads ------------------------------------------------------------------------------------------------


def test_the_statements_of_the_grid_do_not_grow_with_the_draft(browser, draft, grid):
    few = adminpages.statements(browser, grid)
    for number in range(10):
        draft.ladders.create(name=f"予備{number}")
        draft.calendars.create(name=f"予備{number}")
        adminpages.team(code=f"team-{number}")
    assert (few, adminpages.statements(browser, grid)) == (12, 12)
