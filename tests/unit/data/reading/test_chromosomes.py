import pytest

from tfmoe.core.errors import ConfigError, InputError
from tfmoe.data.reading.chromosomes import (
    match_names,
    merge_namings,
    read_accessions,
    require_match,
)

ROMAN = ["I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X"]
ROMAN += ["XI", "XII", "XIII", "XIV", "XV", "XVI"]
YEAST = [*ROMAN, "Mito"]
HUMAN = [f"chr{name}" for name in [*range(1, 23), "X", "Y", "M"]]
WORM = ["I", "II", "III", "IV", "V", "X", "MtDNA"]


def test_arabic_peaks_on_a_roman_genome() -> None:
    naming = match_names([f"chr{number}" for number in range(1, 17)] + ["chrM"], YEAST)
    assert naming.names["chr1"] == "I"
    assert naming.names["chr9"] == "IX"
    assert naming.names["chr16"] == "XVI"
    assert naming.names["chrM"] == "Mito"
    assert naming.rules["chr4"] == "number"
    assert (naming.unmatched, naming.ambiguous) == ((), ())
    assert naming.describe() == "1 mitochondrion (chrM is Mito), 16 by number (chr1 is I)"


def test_roman_peaks_on_an_arabic_genome() -> None:
    genome = [f"chr{number}" for number in range(1, 17)]
    naming = match_names(["chrIV", "chrX", "chrXVI", "chrXVII"], genome)
    assert naming.names == {"chrIV": "chr4", "chrX": "chr10", "chrXVI": "chr16"}
    assert naming.unmatched == ("chrXVII",)


def test_x_is_no_ten_where_it_is_a_sex_chromosome() -> None:
    assert match_names(["1", "10", "X", "MT"], HUMAN).names == {
        "1": "chr1",
        "10": "chr10",
        "X": "chrX",
        "MT": "chrM",
    }
    assert match_names(["chrX", "chrV"], WORM).names == {"chrX": "X", "chrV": "V"}
    # worm has no chromosome 10, and X alone does not make a file's numerals Roman
    assert match_names(["10", "5"], WORM).names == {"5": "V"}
    assert match_names(["X"], ["1", "2", "3", "10"]).unmatched == ("X",)


def test_exact_name_before_all_else() -> None:
    naming = match_names(["chr1", "1"], ["chr1", "1", "2"])
    assert naming.names == {"chr1": "chr1", "1": "1"}
    assert set(naming.rules.values()) == {"exact"}


def test_ambiguous_names_are_left_out() -> None:
    # two sequences of the genome match the name
    naming = match_names(["Chr1"], ["chr1", "1", "2"])
    assert (naming.names, naming.ambiguous) == ({}, ("Chr1",))
    # two names of the file match one sequence; the exact match is certain
    naming = match_names(["chrM", "MT"], ["chrM", "chr1"])
    assert naming.names == {"chrM": "chrM"}
    assert naming.ambiguous == ("MT",)
    naming = match_names(["chr1", "chr01"], ["I", "II", "III"])
    assert (naming.names, naming.ambiguous) == ({}, ("chr01", "chr1"))


def test_two_spellings_of_one_name_are_one_chromosome() -> None:
    naming = match_names(["chr1", "1", "2"], ["1", "2"])
    assert naming.names == {"1": "1", "chr1": "1", "2": "2"}
    assert naming.rules["chr1"] == "prefix"
    assert (naming.ambiguous, naming.respelled) == ((), ("chr1",))
    naming = match_names(["chr4", "4", "chr2"], ROMAN)
    assert naming.names == {"4": "IV", "chr4": "IV", "chr2": "II"}
    assert naming.respelled == ("4", "chr4")
    # a less certain spelling of the same sequence is ignored as before
    naming = match_names(["chr4", "IV", "chrIV"], ROMAN)
    assert naming.names == {"IV": "IV", "chrIV": "IV"}
    assert (naming.ambiguous, naming.respelled) == (("chr4",), ("chrIV",))


def test_names_of_several_files() -> None:
    one, two = match_names(["chr1", "x"], ["1", "2"]), match_names(["1", "chr2"], ["1", "2"])
    assert merge_namings([one]) is one
    merged = merge_namings([one, two])
    assert merged.names == {"chr1": "1", "1": "1", "chr2": "2"}
    assert merged.unmatched == ("x",)
    assert merged.describe() == "1 exact, 2 by prefix (chr1 is 1), 1 not in the genome (x)"


def test_aliases_of_the_user() -> None:
    naming = match_names(["seq7", "chr2"], YEAST, {"seq7": "VII", "chr2": "XII"})
    assert naming.names == {"seq7": "VII", "chr2": "XII"}
    assert naming.rules == {"seq7": "alias", "chr2": "alias"}
    with pytest.raises(ConfigError, match=r"genome.aliases.seq7: the genome has no sequence 7; "):
        match_names(["seq7"], YEAST, {"seq7": "7"})


def test_accession_numbers_of_the_assembly() -> None:
    found = ["NC_000001.11", "NC_000023.11"]
    naming = match_names(found, HUMAN, assembly="hg38")
    assert naming.names == {"NC_000001.11": "chr1", "NC_000023.11": "chrX"}
    assert naming.rules["NC_000001.11"] == "accession"
    assert match_names(found, HUMAN, assembly="hg19").names == {}
    # and the other way round
    genome = [name for name in read_accessions("R64-1-1") if name.startswith("NC_")]
    assert match_names(["chr4", "XVI", "chrM"], genome, assembly="R64-1-1").names == {
        "chr4": "NC_001136.10",
        "XVI": "NC_001148.4",
        "chrM": "NC_001224.1",
    }
    assert len(read_accessions("GRCh37")) == 48, "RefSeq and GenBank"
    assert read_accessions("") == {}


def test_no_agreement_names_both_sets() -> None:
    naming = match_names(["scaffold_1", "scaffold_2"], YEAST)
    with pytest.raises(InputError) as error:
        require_match(naming, "peaks.bed", YEAST)
    message = str(error.value)
    assert message.startswith("peaks.bed: none of its chromosome names is in the genome")
    assert "the file has scaffold_1, scaffold_2;" in message
    assert "the genome has I, II, III, IV, V, VI, VII, VIII and 9 more;" in message
    assert "`genome.aliases`" in message
