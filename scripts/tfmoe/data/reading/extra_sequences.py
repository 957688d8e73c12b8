"""Sequences of a genome file that repeat a chromosome of it, or are no part of the genome.

Alternative sequences, patches, HLA alleles and decoys leak: a network that trains on the
alternative sequence of a test chromosome has seen the test chromosome. Unplaced and unlocalised
sequences (`chrUn_`, `_random`) repeat nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

ALTERNATIVE = "alternative sequence"
PATCH = "patch"
HLA = "HLA allele"
DECOY = "decoy"
VIRUS = "virus"
_SHOWN = 6  # names of each kind in messages

_NAMES = {
    HLA: re.compile(r"^HLA-[A-Z0-9]+\*", re.IGNORECASE),
    DECOY: re.compile(r"(^|[_.-])decoy([_.-]|$)|^hs37d5(cs)?$|^hs38d1$", re.IGNORECASE),
    VIRUS: re.compile(r"^(chr)?EBV$|^NC_007605(\.\d+)?$", re.IGNORECASE),
    # UCSC: chr1_jh636052_fix; Ensembl: CHR_HG2030_PATCH, HG1007_PATCH
    PATCH: re.compile(r"_fix$|_PATCH$|^CHR_(HG|MG)\d+|^H[GS]\d+(_HG\d+)*_PATCH", re.IGNORECASE),
    # UCSC: chr1_KI270762v1_alt, chr6_apd_hap1; Ensembl: CHR_HSCHR1_1_CTG3, HSCHR6_MHC_APD
    ALTERNATIVE: re.compile(
        r"_alt$|_hap\d+$|^(CHR_)?(HS|MM)CHR[0-9XY]+(?!.*UNLOCALIZED).*_CTG|^(CHR_)?HSCHR[0-9XY]+_(MHC|.*HAP)",
        re.IGNORECASE,
    ),
}
# the rest of the header line: RefSeq and GenBank, and Ensembl
_HEADERS = {
    PATCH: re.compile(r"genomic patch of type|\bPATCH_(FIX|NOVEL)\b"),
    ALTERNATIVE: re.compile(r"alternate locus group|\bALT_REF_LOCI|^dna\S* .* HAP$"),
    HLA: re.compile(r"^HLA\d{5}\b"),
    DECOY: re.compile(r"\brl:decoy\b|\bdecoy\b"),
}
# chromosomes of man and mouse in RefSeq, whose NW_ sequences are patches and alternative ones; in
# other organisms, NW_ are unplaced sequences
_PATCHED = re.compile(r"^NC_0000(0[1-9]|1\d|2[0-4]|6[7-9]|7\d|8[0-7])\.\d+$")


class ExtraSequences:
    """The sequences of a genome file to leave out, found one by one in the order of the file.

    Attributes
    ----------
    kinds
        The kind of each, by name.
    """

    def __init__(self) -> None:
        self.kinds: dict[str, str] = {}
        self._has_patches = False

    def add(self, name: str, description: str) -> bool:
        """Return whether a sequence is to be left out; the arguments are those of `extra_kind`."""
        self._has_patches = self._has_patches or bool(_PATCHED.match(name))
        kind = extra_kind(name, description)
        if kind is None and self._has_patches and name.startswith("NW_"):
            kind = PATCH
        if kind is not None:
            self.kinds[name] = kind
        return kind is not None

    def describe(self) -> str:
        """Return the names by kind, such as ``2 of the kind patch (HG1_PATCH, HG2_PATCH)``."""
        parts = []
        for kind in dict.fromkeys(self.kinds.values()):
            names = [name for name, found in self.kinds.items() if found == kind]
            parts.append(f"{len(names)} of the kind {kind} ({shortened(names)})")
        return ", ".join(parts)


def extra_kind(name: str, description: str = "") -> str | None:
    """Return the kind of a sequence that repeats a chromosome or is no part of the genome.

    Parameters
    ----------
    name
        Its name.
    description
        The rest of its header line. In RefSeq and GenBank, alternative and unplaced sequences
        differ only there.

    Returns
    -------
    str or None
        `None` for chromosomes, and for unplaced and unlocalised sequences.
    """
    for kind, pattern in _NAMES.items():
        if pattern.search(name):
            return kind
    for kind, pattern in _HEADERS.items():
        if pattern.search(description.strip()):
            return kind
    return None


def shortened(names: Iterable[str]) -> str:
    """Join names; after the first few, return only the number of the others."""
    listed = list(names)
    more = f" and {len(listed) - _SHOWN} more" if len(listed) > _SHOWN else ""
    return ", ".join(listed[:_SHOWN]) + more
