"""FASTA and tiles against pyfaidx and strings."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pandas as pd
import pyfaidx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tfmoe.application.reading.tiling import Tiles, iterate_tiles, least_length, pad_records
from tfmoe.core.dna import decode, encode_text
from tfmoe.data.reading import fasta_stream
from tfmoe.data.reading.fasta_stream import as_records, read_records

SEQUENCES = st.lists(st.text("ACGTNacgtnRYK", min_size=1, max_size=70), min_size=1, max_size=8)


@given(SEQUENCES, st.integers(1, 30), st.sampled_from(["\n", "\r\n"]), st.integers(1, 64))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_fasta_is_read_as_pyfaidx_reads_it(
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    sequences: list[str],
    width: int,
    end: str,
    block: int,
) -> None:
    text = ""
    for number, sequence in enumerate(sequences):
        lines = [sequence[at : at + width] for at in range(0, len(sequence), width)]
        text += end.join([f">s{number} note {number}", *lines]) + end
    monkeypatch.setattr(fasta_stream, "BLOCK", block)
    monkeypatch.setattr(fasta_stream, "_FIRST_BLOCK", block)
    blocks = list(read_records(io.BytesIO(text.encode()), "x.fa"))
    path = folder / "x.fa"
    path.write_bytes(text.encode())
    path.with_suffix(".fa.fai").unlink(missing_ok=True)
    with pyfaidx.Fasta(str(path), rebuild=True) as fasta:
        expected = {name: str(fasta[name]) for name in fasta.keys()}  # noqa: SIM118
    names = [name for part in blocks for name in part.names]
    assert names == list(expected)
    codes = np.concatenate([part.codes for part in blocks])
    np.testing.assert_array_equal(codes, encode_text("".join(expected.values())))
    lengths = np.concatenate([part.lengths for part in blocks])
    assert lengths.tolist() == [len(sequence) for sequence in expected.values()]
    lines = text.splitlines()
    for part in blocks:
        assert [lines[line - 1].split()[0][1:] for line in part.lines] == part.names


@given(
    SEQUENCES,
    st.integers(4, 20),
    st.integers(1, 20),
    st.lists(st.integers(1, 5), min_size=1, max_size=3),
)
def test_tiles_cover_each_base_and_keep_its_coordinate(
    sequences: list[str], window: int, stride: int, sizes: list[int]
) -> None:
    records = as_records([str(number) for number in range(len(sequences))], sequences)
    stretches = pad_records(records, window, pd.DataFrame({"name": records.names}))
    numbers = iter(sizes + [sizes[-1]] * 1000)
    found: list[Tiles] = list(iterate_tiles([stretches], window, stride, numbers))
    covered: dict[int, set[int]] = {}
    for part in found:
        for text, record, (start, end) in zip(
            decode(part.codes), part.records.tolist(), part.places.tolist(), strict=True
        ):
            covered.setdefault(record, set()).update(range(start, end))
            inner = decode(encode_text(sequences[record][start:end])[None])[0]
            missing = window - len(inner)
            left = window // 2 - len(inner) // 2 if missing else 0
            assert text == "N" * left + inner + "N" * (missing - left)
    expected = {
        number: set(range(len(sequence)))
        for number, sequence in enumerate(sequences)
        if len(sequence) >= least_length(window)
    }
    # tiles that are further apart than they are long leave bases out between them
    if stride <= window:
        assert covered == expected
    assert covered.keys() == expected.keys()
