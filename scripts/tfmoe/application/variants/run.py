"""Scoring of a VCF: from the file and the genome to annotated records."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tfmoe import __version__
from tfmoe.application.model.model import Model, Query
from tfmoe.application.reading.standard import is_standard
from tfmoe.application.variants.background import EmpiricalP
from tfmoe.application.variants.checking import (
    Allele,
    AlleleChecker,
    CheckedChunk,
    Skipped,
    shortened,
)
from tfmoe.application.variants.effects import score_changes
from tfmoe.application.variants.reading import Record, Skip, Survey, surveyed
from tfmoe.application.variants.windows import allele_windows, gc_content
from tfmoe.application.variants.writing import (
    ScoredRecord,
    SkippedWriter,
    Values,
    check_name,
    open_writer,
)
from tfmoe.core.errors import InputError
from tfmoe.core.files import Pathlike, atomic_path
from tfmoe.data.reading.chromosomes import match_names
from tfmoe.data.reading.genome import Genome

CHUNK = 4096
"""Records that are read and scored at once."""
EXAMPLES = 10
"""Mismatches with the genome that the summary lists."""
CENTRED = (0,)
_FIELDS = ("EFFECT", "SD", "REF", "ALT")
_SLID = ("MAX", "MEAN")
# from this number of records on, most of which do not match, the assembly is probably another one
_ENOUGH = 3


@dataclass
class Summary:
    """Counts of a run.

    Attributes
    ----------
    records, scored
        Number of records, and of scored alleles.
    skipped
        Number of alleles that were not scored, by reason.
    mismatches
        Descriptions of the first records whose reference does not match the genome.
    compared, mismatched
        As in `tfmoe.application.variants.checking.CheckedChunk`.
    has_p
        Whether empirical p values were computed.
    """

    records: int = 0
    scored: int = 0
    skipped: Counter[Skip] = field(default_factory=Counter)
    mismatches: list[str] = field(default_factory=list)
    compared: int = 0
    mismatched: int = 0
    has_p: bool = True

    def add(self, records: int, chunk: CheckedChunk) -> None:
        """Count a chunk of records."""
        self.records += records
        self.scored += len(chunk.alleles)
        self.skipped.update(one.reason for one in chunk.skipped)
        self.compared += chunk.compared
        self.mismatched += chunk.mismatched
        new = [_mismatch(one) for one in chunk.skipped if one.reason == Skip.REFERENCE_MISMATCH]
        self.mismatches += list(dict.fromkeys(new))[: EXAMPLES - len(self.mismatches)]

    def describe(self) -> list[str]:
        """Return the lines of a message about the run."""
        lines = [f"records: {self.records:,}; alleles scored: {self.scored:,}"]
        if self.skipped:
            reasons = ", ".join(
                f"{number:,} {reason}" for reason, number in sorted(self.skipped.items())
            )
            lines.append(f"alleles not scored: {self.skipped.total():,} ({reasons})")
        if self.mismatches:
            more = " (the first)" if len(self.mismatches) == EXAMPLES else ""
            lines.append(f"references that do not match{more}: {'; '.join(self.mismatches)}")
        if not self.has_p:
            lines.append("the model has no background variants, so there are no p values")
        return lines


def score_variants(
    model: Model,
    query: Query,
    variants: Pathlike,
    genome: Genome,
    output: Path,
    offsets: Sequence[int] = CENTRED,
    skipped: Path | None = None,
    advance: Callable[[int], None] = lambda _: None,
) -> Summary:
    """Score the variants of a VCF and write it with the effects of its alleles.

    Parameters
    ----------
    model
        The trained mixture.
    query
        The factor that is asked about, from ``model.query``.
    variants
        VCF, plain or packed, or BCF; ``-`` is standard input.
    genome
        The genome that the variants refer to.
    output
        ``.vcf.gz`` (bgzipped, sorted and indexed), ``.vcf``, ``.tsv`` (one row per allele), or
        ``-`` for a plain VCF on standard output.
    offsets
        Offsets of the windows in bases; the centred window, 0, is always scored.
    skipped
        Table of the alleles that are not scored: chrom, pos (counted from 1), id, ref, alt, reason,
        genome (its bases, where they differ).
    advance
        Called with the number of records after each chunk.

    Raises
    ------
    InputError
        If the VCF cannot be read, if no chromosome of it is in the genome, if the references of
        most records do not match the genome, or if an offset is too large.
    """
    check_name(output)
    slides = _slides(offsets, model.window)
    longest = model.window - 2 * max(map(abs, slides))
    empirical = EmpiricalP.of_model(model, query)
    fields = [*_FIELDS, *(["P"] if empirical else []), *(_SLID if len(slides) > 1 else [])]
    summary = Summary(has_p=empirical is not None)
    with surveyed(variants) as survey:
        names = _chromosome_names(survey, genome)
        checker = AlleleChecker(genome, names, model.window, longest)
        scorer = _Scorer(model, query, checker, slides, empirical)
        source = describe_source(model, query, slides)
        with (
            open_writer(output, survey, source, fields) as writer,
            _open_skipped(skipped) as rejected,
        ):
            for records in survey.chunks(CHUNK):
                chunk = checker.check(records)
                summary.add(len(records), chunk)
                _check_assembly(survey, summary)
                writer.write(scorer.score(records, chunk))
                rejected(chunk.skipped)
                advance(len(records))
    return summary


@dataclass(frozen=True)
class _Scorer:
    """All that scores the alleles of a chunk."""

    model: Model
    query: Query
    checker: AlleleChecker
    offsets: Sequence[int]
    empirical: EmpiricalP | None

    def score(self, records: Sequence[Record], chunk: CheckedChunk) -> list[ScoredRecord]:
        """Score the alleles of a chunk of records."""
        values: list[dict[int, Values]] = [{} for _ in records]
        kinds: list[dict[int, str]] = [{} for _ in records]
        if chunk.alleles:
            for allele, found in zip(chunk.alleles, self._values(chunk.alleles), strict=True):
                values[allele.record][allele.number] = found
                kinds[allele.record][allele.number] = allele.change.kind.value
        reasons: list[dict[int, str]] = [{} for _ in records]
        for one in chunk.skipped:
            reasons[one.index][one.number] = one.reason.value
        return [ScoredRecord(*each) for each in zip(records, kinds, values, reasons, strict=True)]

    def _values(self, alleles: Sequence[Allele]) -> list[dict[str, float]]:
        """Return the values of alleles by field."""
        contexts = self.checker.contexts(alleles)
        changes = [allele.change for allele in alleles]
        found = score_changes(self.model, contexts, changes, self.query, self.offsets)
        centred = found.centred
        columns = {
            "EFFECT": centred.effect,
            "SD": centred.sd,
            "REF": centred.ref_logit,
            "ALT": centred.alt_logit,
            "MAX": found.largest,
            "MEAN": found.mean,
        }
        if self.empirical is not None:
            ref, _ = allele_windows(contexts, changes, self.model.window)
            columns["P"] = self.empirical.p_values(
                [change.kind for change in changes],
                gc_content(ref),
                centred.ref_logit,
                centred.effect,
            )
        table = zip(*(column.tolist() for column in columns.values()), strict=True)
        return [dict(zip(columns, row, strict=True)) for row in table]


def describe_source(model: Model, query: Query, offsets: Sequence[int]) -> str:
    """Return the model and the question as text for the header of a VCF."""
    factor = query.factor or "-"
    matrices = query.evidence.matrix_ids if query.evidence is not None else "-"
    return (
        f"version {__version__}; run {model.manifest.run}; model {query.model}; factor {factor}; "
        f"matrices {matrices}; window {model.window}; seeds {','.join(map(str, model.seeds))}; "
        f"offsets {','.join(map(str, offsets))}"
    )


def _slides(offsets: Sequence[int], window: int) -> list[int]:
    """Return the distinct offsets, 0 first."""
    slides = [0, *(offset for offset in dict.fromkeys(offsets) if offset != 0)]
    widest = max(slides, key=abs)
    if 2 * abs(widest) >= window:
        raise InputError(
            f"offsets: found {widest}, expected less than half of the model's window of {window} "
            "bases"
        )
    return slides


def _chromosome_names(survey: Survey, genome: Genome) -> dict[str, str]:
    """Return the genome's name of each chromosome of the VCF that it has."""
    naming = match_names(survey.chromosomes, genome.lengths)
    if survey.records and not naming.names:
        raise InputError(
            f"{survey.name}: none of its chromosomes is in the genome; the file has "
            f"{_some(survey.chromosomes)}; the genome has {_some(list(genome.lengths))}"
        )
    return naming.names


def _check_assembly(survey: Survey, summary: Summary) -> None:
    """Raise an `InputError` if most records so far do not match the genome.

    One or two records are too few to judge; they are counted and listed.
    """
    if summary.compared >= _ENOUGH and 2 * summary.mismatched > summary.compared:
        examples = "".join(f"; {text}" for text in summary.mismatches[:3])
        raise InputError(
            f"{survey.name}: {summary.mismatched:,} of the first {summary.compared:,} records do "
            "not match the genome or lie off their chromosomes; the variants probably refer to "
            f"another assembly{examples}"
        )


def _mismatch(skipped: Skipped) -> str:
    record = skipped.record
    return f"{record.where} has {shortened(record.ref)}, the genome {skipped.found}"


def _some(names: Sequence[str], number: int = 5) -> str:
    more = f" and {len(names) - number} more" if len(names) > number else ""
    return ", ".join(names[:number]) + more


@contextmanager
def _open_skipped(path: Path | None) -> Iterator[Callable[[Sequence[Skipped]], None]]:
    """Open the table of alleles that are not scored, if there is to be one."""
    if path is None:
        yield lambda _: None
        return
    if is_standard(path):
        raise InputError(f"skipped alleles: found {path}, expected the name of a file")
    with atomic_path(path) as temporary, temporary.open("w", encoding="utf-8") as out:
        yield SkippedWriter(out).write
