from pathlib import Path

from tfmoe.application.reading.standard import is_standard


def test_only_the_single_dash_is_standard_input_or_output() -> None:
    assert is_standard("-")
    assert is_standard(Path("-"))
    assert not is_standard("./-.tsv")
    assert not is_standard("--")
