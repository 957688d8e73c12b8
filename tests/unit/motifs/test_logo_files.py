from pathlib import Path

import numpy as np

from tfmoe.motifs.logo_files import write_logos
from tfmoe.motifs.patterns import Pattern, Seqlets

UNIFORM = np.full(4, 0.25)
PROBABILITIES = np.array([[0.9, 0.05, 0.03, 0.02], [0, 1, 0, 0], [0.25] * 4]).T
NONE = np.zeros(0, dtype=int)
PATTERN = Pattern("pattern_0", PROBABILITIES, Seqlets(NONE, NONE, NONE, NONE, 37.0))


def test_logos_are_drawn_in_both_directions_and_repeat(tmp_path: Path) -> None:
    for folder in ("first", "second"):
        write_logos([PATTERN], UNIFORM, tmp_path / folder)
    names = sorted(path.name for path in (tmp_path / "first").iterdir())
    assert names == ["pattern_0.forward.svg", "pattern_0.reverse.svg"]
    first, second = (tmp_path / folder / names[0] for folder in ("first", "second"))
    assert first.read_bytes() == second.read_bytes()
    assert first.read_bytes() != (tmp_path / "first" / names[1]).read_bytes()
    assert "<svg" in first.read_text()
    assert "#009E73" in first.read_text() or "#009e73" in first.read_text()


def test_without_patterns_the_folder_is_empty(tmp_path: Path) -> None:
    write_logos([], UNIFORM, tmp_path / "logos")
    assert list((tmp_path / "logos").iterdir()) == []
