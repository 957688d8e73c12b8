from __future__ import annotations

from tfmoe.core.schema_docs import render

LINES = render().splitlines()


def row_of(heading: str, key: str) -> list[str]:
    """The cells of a key's row under a heading."""
    start = LINES.index(f"## {heading}")
    row = next(line for line in LINES[start:] if line.startswith(f"| `{key}` |"))
    return [cell.strip() for cell in row.strip("|").split(" | ")]


def test_a_section_that_may_be_null_is_still_a_section() -> None:
    assert row_of("`genome`", "assembly")[1:3] == ["**required**", "string"]
    assert row_of("`simulation`", "decoys")[1] == "`1.0`"
    general = LINES[LINES.index("## General") : LINES.index("## `genome`")]
    assert not any(line.startswith(("| `genome", "| `simulation")) for line in general)


def test_it_is_said_whether_null_is_the_default() -> None:
    genome = LINES[LINES.index("## `genome`") + 2]
    assert genome.startswith("The reference genome") and "`null` for a run on ready" in genome
    assert genome.endswith("One of the two has to be given.")
    assert LINES[LINES.index("## `simulation`") + 2].endswith("The default is `null`.")
    assert "null" not in LINES[LINES.index("## `windows`") + 2]


def test_keys_of_sections_within_sections_have_their_whole_name() -> None:
    assert row_of("`splits`", "shares.test")[1:3] == [
        "`0.2`",
        "number, more than 0, less than 1",
    ]


def test_what_a_list_that_may_be_null_holds() -> None:
    assert row_of("`genome`", "chromosomes")[1:3] == ["`null`", "array of string or null"]


def test_columns_of_the_experiment_table_say_whether_they_may_be_left_out() -> None:
    assert row_of("The experiment table", "role")[1:3] == ["**required**", "`train`, `ood`"]
    assert row_of("The experiment table", "negatives")[1] == '`"-"`'


def test_every_row_of_a_table_has_its_cells() -> None:
    assert all(
        line.replace("\\|", "").count("|") in (3, 5) for line in LINES if line.startswith("|")
    )
