"""Factor and biosample in names of peak files."""

from __future__ import annotations

import pytest

from tfmoe.jaspar.names import KnownNames, known_names
from tfmoe.workflow.file_names import NameParts, biosamples, read_file_name

HUMAN = [
    *("CTCF", "GATA1", "HNF4A", "STAT3", "FOXA1", "MAX", "MYC", "MAX::MYC", "SPI1", "TBX2", "FOS"),
    *("TBX21", "NKX2-5", "NR3C1", "TP53", "ESR1", "ARID3A", "REST", "RBBP5", "NFYA", "POLR2A"),
]
YEAST = ["Reb1", "Ume6", "Gcn4", "Hap1", "Ppr1", "Rap1"]

# file name, factor, whether it is known, biosample
CASES = (
    ("ChIPseq.HepG2.HNF4A.conservative.train.narrowPeak.gz", "HNF4A", True, "HepG2"),
    ("ChIPseq.HeLa-S3.STAT3.conservative.train.narrowPeak.gz", "STAT3", True, "HeLa-S3"),
    ("ChIPseq.MCF-7.CTCF.conservative.train.narrowPeak.gz", "CTCF", True, "MCF-7"),
    ("HepG2_CTCF_rep1.narrowPeak", "CTCF", True, "HepG2"),
    ("CTCF.bed.gz", "CTCF", True, "unknown"),
    ("GSM123_K562_GATA1_peaks.narrowPeak", "GATA1", True, "K562"),
    ("MCF7-FOXA1-rep1_peaks.narrowPeak", "FOXA1", True, "MCF-7"),
    ("k562_pu.1_rep2.bed", "SPI1", True, "K562"),
    ("NKX2-5_heart.bed", "NKX2-5", True, "heart"),
    ("c-Myc_K562.bed", "MYC", True, "K562"),
    ("K562.eGFP-FOS.idr.bed", "FOS", True, "K562"),
    ("NF-YA_K562.bed.bz2", "NFYA", True, "K562"),
    ("p53_U2OS_nutlin.bed", "TP53", True, "U2OS"),
    ("SRR123_ERalpha_T47D_macs2_peaks.narrowPeak", "ESR1", True, "T-47D"),
    ("human_A549_NR3C1_dex_1h.bed", "NR3C1", True, "A549"),
    ("H1-hESC_RBBP5.bed", "RBBP5", True, "H1"),
    ("POLR2A_A549_Pol2_UT-A_B.seq.gz", "POLR2A", True, "A549"),
    ("ARID3A_HepG2_ARID3A_(NB100-279)_Stanford_AC.seq.gz", "ARID3A", True, "HepG2"),
    ("CTCF_NH-A_CTCF_Broad_B.seq.gz", "CTCF", True, "NH-A"),
    # a replicate's number is no part of a factor's name
    ("TBX2_1.bed", "TBX2", True, "unknown"),
    ("TBX2-1.bed", "TBX2", True, "unknown"),
    ("TBX2.1.bed", "TBX2", True, "unknown"),
    # the only other part is an unknown factor
    ("K562_SMC3_rep1.bed", "SMC3", False, "K562"),
    ("GAT3_MCF7.bed", "GAT3", False, "MCF-7"),
    ("ENCFF002CEL.bed.gz", None, False, "unknown"),
    ("peaks.bed", None, False, "unknown"),
    ("K562_alpha_beta.bed", None, False, "K562"),
    ("K562_MAX_MYC.bed", None, False, "K562"),
)
YEAST_CASES = (
    ("Reb1_CX.bed", "Reb1", "unknown"),
    ("SRR1234567_REB1_macs2_peaks.narrowPeak", "Reb1", "unknown"),
    ("YBR049C.bed", "Reb1", "unknown"),
    ("YDR207C_rep1_peaks.narrowPeak", "Ume6", "unknown"),
    ("Reb1p_BY4741.bed", "Reb1", "BY4741"),
    ("yeast_Gcn4-TAP_idr.bed", "Gcn4", "unknown"),
    # HAP-1 is a human cell line, and pr1 a pseudo-replicate
    ("HAP1.bed", "Hap1", "unknown"),
    ("Ppr1_pr1.bed", "Ppr1", "unknown"),
)


@pytest.fixture(scope="module")
def human() -> KnownNames:
    return known_names(HUMAN, ["vertebrates"])


@pytest.mark.parametrize(("name", "factor", "known", "biosample"), CASES)
def test_names_of_human_files(human: KnownNames, name, factor, known, biosample):
    found = read_file_name(f"some/CTCF_folder/{name}", human)
    assert (found.factor, found.known, found.biosample) == (factor, known, biosample)


@pytest.mark.parametrize(("name", "factor", "biosample"), YEAST_CASES)
def test_names_of_yeast_files(name, factor, biosample):
    found = read_file_name(name, known_names(YEAST, ["fungi"]))
    assert found == NameParts(factor, True, biosample)


def test_several_factors_are_candidates(human: KnownNames):
    assert read_file_name("K562_MAX_MYC.bed", human).candidates == ("MAX", "MYC")
    assert read_file_name("K562_MAX_max.bed", human).factor == "MAX"


def test_a_biosample_is_found_in_any_spelling():
    known = biosamples()
    assert known["helas3"] == "HeLa-S3"
    assert known["h1hesc"] == "H1"
    assert "" not in known
