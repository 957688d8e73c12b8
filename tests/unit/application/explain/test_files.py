from pathlib import Path

import pytest
from tests.fixtures.small_model import WINDOW, WORD, SmallModel

from tfmoe.application.explain.files import bedgraph_rows, output_paths
from tfmoe.application.explain.run import explain
from tfmoe.application.reading.stretches import Stretch, sequence_stretch
from tolerance import close


def test_the_paths_begin_with_the_prefix() -> None:
    assert [path.name for path in output_paths(Path("a/b.c"))] == [
        "b.c.svg", "b.c.png", "b.c.tsv", "b.c.members.tsv", "b.c.gates.tsv", "b.c.hits.tsv"
    ]  # fmt: skip
    assert output_paths(Path("x"), bedgraph=True)[-1] == Path("x.bedgraph")


@pytest.mark.parametrize("strand", ["+", "-"])
def test_a_bedgraph_is_sorted_by_position_on_either_strand(
    small_model: SmallModel, strand: str
) -> None:
    given = sequence_stretch("CCTAGG" + WORD + "AAGTCAAGTCACCTAGG", WINDOW, 0, strand)
    # the window begins five bases before the chromosome
    stretch = Stretch("chr2", given.codes, 0, -5, 1000, strand, True)
    found = explain(small_model, small_model.query("Alpha"), stretch)
    rows = bedgraph_rows(found)
    assert rows["start"].tolist() == list(range(25))
    assert rows["end"].tolist() == list(range(1, 26))
    own = found.table().set_index("position")["contribution"]
    close(rows["contribution"], own[range(1, 26)])
    assert rows["contribution"][2] > 0.5  # G of the word, which begins at base 6 of the window
