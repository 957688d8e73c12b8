"""Kind 7: replicates of one experiment, whose windows differ by some bases."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Case:
    """Peak files of one experiment on a chromosome of 2,000 bases; windows have 101 bases.

    Attributes
    ----------
    name
        What the files contain.
    files
        For each file, its summits with their strengths.
    kept
        The summits of the windows that stay.
    counts
        Numbers of the filters duplicate and merged.
    near
        Number of windows in the warning about neighbours in one file; 0 for no warning.
    distance
        The config's `windows.merge_distance`.
    max_peaks
        The config's `windows.max_peaks`.
    """

    name: str
    files: tuple[dict[int, float], ...]
    kept: list[int]
    counts: tuple[int, int]
    near: int = 0
    distance: int = 30
    max_peaks: int | None = None


CASES = (
    Case("one file", ({100: 1, 400: 2},), [100, 400], (0, 0)),
    Case("neighbours in one file stay", ({100: 1, 110: 2, 400: 3},), [100, 110, 400], (0, 0), 1),
    Case("two files of the same sites", ({100: 1, 400: 2}, {103: 2, 390: 1}), [103, 400], (0, 2)),
    Case("the stronger summit stays", ({100: 5}, {115: 9}), [115], (0, 1)),
    Case("equal strengths: the first file's summit", ({100: 5}, {115: 5}), [100], (0, 1)),
    Case("identical windows are duplicates", ({100: 5, 400: 1}, {100: 9}), [100, 400], (1, 0)),
    Case("exactly at the distance", ({100: 5}, {130: 9}), [130], (0, 1)),
    Case("one base beyond the distance", ({100: 5}, {131: 9}), [100, 131], (0, 0)),
    Case("another distance", ({100: 5}, {105: 9}), [100, 105], (0, 0), distance=4),
    Case("no merging", ({100: 5, 400: 1}, {101: 9, 400: 1}), [100, 101, 400], (1, 0), distance=0),
    Case("three files", ({100: 1}, {110: 3}, {95: 2}), [110], (0, 2)),
    Case("a site of one file only", ({100: 1, 400: 2}, {101: 2, 900: 1}), [101, 400, 900], (0, 1)),
    Case(
        "two neighbouring sites in both files", ({100: 9, 115: 5}, {102: 8, 117: 4}), [100, 115],
        (0, 2), 2,
    ),
    Case(
        "two neighbouring sites in both files, each stronger in another one",
        ({100: 9, 120: 5}, {102: 4, 122: 8}), [100, 120], (0, 2), 2,
    ),
    Case(
        "a neighbour that the other file lacks", ({100: 9, 120: 5}, {101: 7}), [100, 120],
        (0, 1), 1,
    ),
    Case(
        "a window that both files have, with a neighbour", ({100: 3, 110: 2}, {100: 9}),
        [100, 110], (1, 0), 1,
    ),
    Case("a chain is no single site", ({100: 9, 150: 8}, {125: 7}), [100, 150], (0, 1)),
    Case(
        "the strongest are chosen after merging", ({100: 9, 400: 2}, {101: 8, 401: 1}), [100],
        (0, 2), max_peaks=1,
    ),
)  # fmt: skip
