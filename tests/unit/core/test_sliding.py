import numpy as np

from tfmoe.core.dna import encode_text, reverse_complement
from tfmoe.core.sliding import SlidingWindows, window_rows

SEQUENCE = encode_text("ACGTNACG")


def texts(windows: SlidingWindows) -> list[list[int]]:
    return windows.rows().tolist()


def test_windows_are_views_of_the_sequence() -> None:
    windows = SlidingWindows(SEQUENCE, 3, 2)
    assert len(windows) == 3
    assert texts(windows) == [[0, 1, 2], [2, 3, 4], [4, 0, 1]]
    assert np.shares_memory(windows.rows(), SEQUENCE)
    assert window_rows(windows).tolist() == texts(windows)
    rows = np.zeros((2, 3), dtype=np.uint8)
    assert window_rows(rows) is rows


def test_a_part_has_the_windows_with_these_numbers() -> None:
    windows = SlidingWindows(SEQUENCE, 3, 2)
    assert texts(windows.part(1, 3)) == texts(windows)[1:3]
    assert texts(windows.part(2, 9)) == texts(windows)[2:]


def test_the_other_strand_begins_with_the_last_window() -> None:
    # the last base is in no window
    windows = SlidingWindows(SEQUENCE, 3, 2)
    expected = reverse_complement(windows.rows())[::-1]
    assert texts(windows.other_strand()) == expected.tolist()


def test_a_sequence_shorter_than_a_window_has_none() -> None:
    windows = SlidingWindows(SEQUENCE[:2], 3)
    assert len(windows) == 0
    assert windows.rows().shape == (0, 3)
