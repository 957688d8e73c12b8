from dataclasses import dataclass
from typing import Any

import pytest

from tfmoe.core.errors import InputError
from tfmoe.core.field_types import make_record


@dataclass(frozen=True)
class Entry:
    name: str
    number: float | None


def test_an_entry_becomes_a_record() -> None:
    found = make_record(Entry, {"number": 2, "name": "a"}, "x.json: entry", "write it again")
    assert found == Entry("a", 2)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"name": "a"}, "found the keys name, expected name, number"),
        ({"name": "a", "number": 1, "more": 2}, "found the keys more, name, number, expected name"),
        ([1], "found the keys list, expected name, number"),
        ({}, r"found the keys \(none\), expected name, number"),
        ({"name": 3, "number": 1}, "name: found 3, expected str"),
        ({"name": "a", "number": float("nan")}, "number: found nan, expected float"),
    ],
)
def test_other_entries_are_refused(content: Any, message: str) -> None:
    with pytest.raises(InputError, match=rf"^x\.json: entry: {message}.*; write it again$"):
        make_record(Entry, content, "x.json: entry", "write it again")
