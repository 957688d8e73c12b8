"""The search of one experiment, on maps with a planted motif."""

import h5py
import numpy as np
import pandas as pd

from tfmoe.attribution.maps import AttributionMaps
from tfmoe.core.files import read_json, read_tsv
from tfmoe.jaspar.meme import read_meme
from tfmoe.motifs.find import PATTERN_COLUMNS, find_motifs
from tfmoe.motifs.matching import align
from tfmoe.motifs.seqlets import read_bed

PLACES = pd.DataFrame({"name": [f"Reb1:peak:I:{row * 101}" for row in range(240)]}).assign(
    chrom="I", start=[row * 101 for row in range(240)]
)


def test_the_planted_motif_is_found(found, database):
    motifs = read_meme(found.meme)
    alignments = align([motifs["pattern_0"]], database)
    assert alignments.p[0].argmin() == 20
    assert alignments.q[0, 20] < 0.01


def test_most_instances_are_seqlets_of_it(found, planted):
    first = read_tsv(found.patterns, PATTERN_COLUMNS).iloc[0]
    assert first["n_seqlets"] >= 0.7 * planted.carries.sum()
    assert first["n_sequences"] <= first["n_seqlets"]


def test_it_is_confirmed_where_it_was_planted(found):
    first = read_tsv(found.patterns).iloc[0]
    assert (first["positives"], first["negatives"]) == (50, 80)
    assert first["rate_positives"] > 0.5
    assert first["rate_negatives"] < 0.1
    assert first["rate_positives_low"] < first["rate_positives"] < first["rate_positives_high"]
    assert first["fisher_p"] < 1e-10


def test_seqlets_lead_back_to_the_sequences(found, planted):
    carrying = set(planted.maps.name[planted.carries])
    with h5py.File(found.h5) as file:
        names = file["regions/name"].asstr()[:]
        rows = file["pos_patterns/pattern_0/seqlets/example_idx"][:]
    assert len(set(names)) == 240
    assert np.mean([names[row] in carrying for row in rows]) > 0.95


def test_seqlets_lie_where_the_motif_is_in_the_genome(found, planted):
    table = read_bed(found.seqlets)
    first = table[table["pattern"] == "pattern_0"]
    assert len(first) == read_tsv(found.patterns)["n_seqlets"].iloc[0]
    # the sequences lie one behind the other, so that the genome is all of them
    genome = planted.maps.sequences.ravel()
    words = []
    for row in first.itertuples():
        assert (row.chrom, row.start) == ("I", int(row.sequence.split(":")[3]) + row.offset)
        word = genome[row.start : row.end]
        words.append(word if row.strand == "+" else 3 - word[::-1])
    counts = np.stack([(np.array(words) == code).mean(axis=0) for code in range(4)])
    np.testing.assert_allclose(counts, read_meme(found.meme)["pattern_0"], atol=1e-5)


def test_each_pattern_has_two_logos(found):
    patterns = read_tsv(found.patterns)["pattern"]
    expected = {f"{name}.{side}.svg" for name in patterns for side in ("forward", "reverse")}
    assert {path.name for path in found.logos.iterdir()} == expected


def test_the_search_is_described(found):
    content = read_json(found.discovery)
    assert content["experiment"] == "Reb1"
    assert content["model"] == "moe"
    assert content["n_sequences"] == 240
    assert content["window"] == 100
    assert content["n_seqlets"] >= read_tsv(found.patterns)["n_seqlets"].sum()
    assert content["note"] == ""


def test_no_pattern_is_a_result_with_all_its_files(planted, settings_with, files):
    zeros = AttributionMaps(
        np.zeros_like(planted.maps.attributions), planted.maps.sequences, planted.maps.name
    )
    codes = planted.maps.sequences
    assert (
        find_motifs(zeros, PLACES, codes, codes, settings_with(), 1, ["Reb1", "moe"], files) == []
    )
    table = read_tsv(files.patterns, PATTERN_COLUMNS)
    assert len(table) == 0
    assert list(table.columns) == list(PATTERN_COLUMNS)
    assert read_json(files.discovery)["note"] == "all attributions are zero"
    assert files.meme.read_text().startswith("MEME version 4")
    assert list(files.logos.iterdir()) == []
    assert len(read_bed(files.seqlets)) == 0
    with h5py.File(files.h5) as file:
        assert len(file["pos_patterns"]) == 0


def test_an_experiment_without_test_sequences_is_searched(planted, settings_with, files):
    nothing = np.zeros((0, 101), dtype=np.uint8)
    few = AttributionMaps(
        planted.maps.attributions[:5], planted.maps.sequences[:5], planted.maps.name[:5]
    )
    assert (
        find_motifs(few, PLACES, nothing, nothing, settings_with(), 1, ["Reb1", "moe"], files) == []
    )
    assert read_json(files.discovery)["note"] == "5 sequences, at least 10 are needed"
