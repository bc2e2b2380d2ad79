"""Tables of a result as people read them."""

from __future__ import annotations

from django.utils import translation

from planner.queries import facts


def test_numbers_of_the_users_file_are_short_and_stand_in_a_column_of_numbers() -> None:
    told = facts.table(
        {
            "name": "most_right",
            "columns": ["row", "Day Mins", "Phone"],
            "rows": [[3, "9.13121253270876", "403-2562"], [4, "12", "0012.50"]],
        }
    )
    assert [column.is_number for column in told.columns] == [True, True, False]
    assert [cell.text for cell in told.lines[0]] == ["3", "9.131", "403-2562"]
    assert told.lines[1][2].text == "0012.50", "what is no long number stays as it was written"


def test_scores_in_a_table_name_their_metric() -> None:
    found = {
        "name": "random_split",
        "metric": "ndcg_at_10",
        "columns": ["learner.ease"],
        "rows": [[0.1]],
    }
    with translation.override("en"):
        assert facts.table(found).title.endswith(": NDCG@10")


def test_a_sentence_wants_a_column_of_some_width() -> None:
    assert facts.Cell("Please tell me how to end my contract.", is_number=False).is_long
    assert not facts.Cell("yes", is_number=False).is_long
    assert facts.Cell("1989-01-01", is_number=False).is_short
