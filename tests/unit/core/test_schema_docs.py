from __future__ import annotations

from tfmoe.core.schema_docs import render

LINES = render().splitlines()
USUAL = LINES.index("## The keys you will change")
QUICK = LINES.index("## The quick preset")
ADVANCED = LINES.index("## Advanced keys")
REMOVED = LINES.index("## Removed keys")


def row_of(key: str) -> list[str]:
    """The cells of a key's row."""
    row = next(line for line in LINES if line.startswith(f"| `{key}` |"))
    return [cell.strip() for cell in row.strip("|").split(" | ")]


def description_of(section: str) -> str:
    return LINES[LINES.index(f"### `{section}`") + 2]


def test_a_section_that_may_be_null_is_still_a_section() -> None:
    assert row_of("genome.assembly")[1:3] == ["**required**", "string"]
    assert row_of("simulation.training_peaks")[1] == "`800`"
    assert not any(line.startswith(("| `genome` |", "| `simulation` |")) for line in LINES)


def test_the_description_shows_whether_null_is_the_default() -> None:
    genome = description_of("genome")
    assert genome.startswith("The reference genome") and "`null` for a run on ready" in genome
    assert genome.endswith("There is no default.")
    assert description_of("simulation").endswith("The default is `null`.")
    assert "null" not in description_of("windows")


def test_a_subsection_that_may_be_null_has_a_row_of_its_own() -> None:
    assert row_of("splits.strongest_shares")[1:3] == ["`null`", "object or null"]
    assert row_of("splits.strongest_shares.gate")[1] == "**required**"


def test_keys_of_subsections_have_their_full_name() -> None:
    assert row_of("splits.shares.test")[1:3] == ["`0.2`", "number, more than 0, less than 1"]


def test_the_items_of_a_list_that_may_be_null() -> None:
    assert row_of("genome.chromosomes")[1:3] == ["`null`", "array of string or null"]


def test_columns_of_the_experiment_table() -> None:
    assert row_of("role")[1:3] == ["**required**", "`train`, `ood`"]
    assert row_of("negatives")[1] == '`"-"`'


def test_advanced_keys_and_removed_keys_come_last() -> None:
    def position(key: str) -> int:
        return next(n for n, line in enumerate(LINES) if line.startswith(f"| `{key}` |"))

    for key in ("run", "experiments", "genome.fasta", "splits.test", "training.seeds"):
        assert USUAL < position(key) < ADVANCED
    for key in ("seed", "training.epochs", "training.backbones.legnet.filters", "gkm.length"):
        assert ADVANCED < position(key) < REMOVED
    assert position("attribution.bootstrap") > REMOVED
    assert "`evaluation.bootstrap_resamples`" in row_of("attribution.bootstrap")[1]


def test_the_quick_preset_is_shown_with_each_key_and_as_a_table() -> None:
    assert row_of("training.seeds")[1] == "`3` (quick: `1`)"
    assert row_of("seed")[1] == "`1`"
    table = LINES[QUICK:REMOVED]
    assert "| `training.seeds` | `3` | `1` |" in table
    assert "| `windows.max_peaks` | `null` | `10000` |" in table
    assert not any(line.startswith("| `seed` |") for line in table)


def test_every_section_is_described_once() -> None:
    assert sum(line.startswith("Training of the experts") for line in LINES) == 1


def test_every_row_of_a_table_has_its_cells() -> None:
    assert all(
        line.replace("\\|", "").count("|") in (3, 4, 5) for line in LINES if line.startswith("|")
    )
