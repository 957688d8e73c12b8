"""Changes after a finished run, each with the jobs that it must and must not rerun.

A job is given by its rule, optionally with one value of its wildcards: ``train_expert:GATA3_x``.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import yaml

Edit = Callable[[Path], None]

DATA = ("select_windows", "draw_training_negatives", "draw_test_negatives")
TRAINED = ("train_expert", "fit_gkm", "fit_mixture")
MAPS = ("attribute", "discover_motifs")


@dataclass(frozen=True)
class Case:
    """One change.

    Attributes
    ----------
    name
        Description of the change.
    edit
        Function of the folder that holds the project's copy and the user's files.
    must, must_not
        Jobs that the change reruns, and jobs that it must leave alone.
    """

    name: str
    edit: Edit
    must: tuple[str, ...]
    must_not: tuple[str, ...] = ()


@dataclass(frozen=True)
class ConfigEdit:
    """An edit that merges sections into ``config.yaml``."""

    sections: dict[str, object]

    def __call__(self, folder: Path) -> None:
        """Rewrite the config."""
        path = folder / "config.yaml"
        path.write_text(yaml.safe_dump(_merge(yaml.safe_load(path.read_text()), self.sections)))


def config(**sections: object) -> Edit:
    """Return an edit that merges sections into ``config.yaml``."""
    return ConfigEdit(sections)


def _merge(content: dict, changes: dict) -> dict:
    merged = dict(content)
    for key, value in changes.items():
        inner = merged.get(key)
        both = isinstance(inner, dict) and isinstance(value, dict)
        merged[key] = _merge(inner, value) if both else value
    return merged


def replace(file: str, old: str, new: str, count: int = 1) -> Edit:
    """Return an edit of a text file; the old text has to be there."""

    def edit(folder: Path) -> None:
        path = folder / file
        text = path.read_text()
        assert old in text, f"{old!r} is not in {file}"
        path.write_text(text.replace(old, new, count))

    return edit


def older(file: str, old: str, new: str) -> Edit:
    """Return an edit that leaves the file with a modification time long ago."""

    def edit(folder: Path) -> None:
        replace(file, old, new)(folder)
        path = folder / file
        import os

        os.utime(path, (1_000_000_000, 1_000_000_000))

    return edit


def touch(file: str) -> Edit:
    """Return an edit that replaces a file by a copy, which is newer and has the same content."""

    def edit(folder: Path) -> None:
        path = folder / file
        shutil.copy(path, path.with_suffix(".copy"))
        path.with_suffix(".copy").replace(path)
        path.touch()

    return edit


def swap(first: str, second: str) -> Edit:
    """Return an edit that exchanges two files by renaming them."""

    def edit(folder: Path) -> None:
        (folder / first).rename(folder / "swapped")
        (folder / second).rename(folder / first)
        (folder / "swapped").rename(folder / second)

    return edit


def append(file: str, text: str) -> Edit:
    """Return an edit that appends text to a file."""

    def edit(folder: Path) -> None:
        with (folder / file).open("a") as opened:
            opened.write(text)

    return edit


def remove(file: str) -> Edit:
    """Return an edit that removes a file."""

    def edit(folder: Path) -> None:
        (folder / file).unlink()

    return edit


def both(first: Edit, second: Edit) -> Edit:
    """Return an edit that makes two edits."""

    def edit(folder: Path) -> None:
        first(folder)
        second(folder)

    return edit


def table(change: Callable[[list[list[str]]], list[list[str]]]) -> Edit:
    """Return an edit of the rows of the experiment table, without its header."""

    def edit(folder: Path) -> None:
        path = folder / "experiments.tsv"
        header, *rows = [line.split("\t") for line in path.read_text().splitlines()]
        lines = ["\t".join(row) for row in [header, *change(rows)]]
        path.write_text("\n".join(lines) + "\n")

    return edit


def _exchange_peaks(rows: list[list[str]]) -> list[list[str]]:
    rows[0][6], rows[1][6] = rows[1][6], rows[0][6]
    return rows


def _exchange_negatives(rows: list[list[str]]) -> list[list[str]]:
    rows[1][6], rows[1][8] = rows[1][8], rows[1][6]
    return rows


def code(module: str) -> Edit:
    """Return an edit that adds a statement to a module of the package or a script."""
    return append(f"project/scripts/{module}", "\nADDED = 1\n")


def codes(*modules: str) -> Edit:
    """Return an edit that adds a statement to each of several modules."""

    def edit(folder: Path) -> None:
        for module in modules:
            code(module)(folder)

    return edit


def comment(module: str) -> Edit:
    """Return an edit that adds a comment and a docstring-like string."""
    return append(f"project/scripts/{module}", '\n# a comment\n"""A string that documents."""\n')


def version(folder: Path) -> None:
    """Raise the version of the package."""
    path = folder / "project/scripts/tfmoe/__init__.py"
    path.write_text(re.sub(r'__version__ = "[^"]*"', '__version__ = "9.9.9"', path.read_text()))


def column(name: str, values: dict[str, str]) -> Edit:
    """Return an edit that adds a column to the experiment table, `-` where there is no value."""

    def edit(folder: Path) -> None:
        path = folder / "experiments.tsv"
        header, *rows = path.read_text().splitlines()
        lines = [f"{row}\t{values.get(row.split()[0], '-')}" for row in rows]
        path.write_text("\n".join([f"{header}\t{name}", *lines]) + "\n")

    return edit


# the defaults of the keys that `quick` changes
SLOW = {
    "windows": {"max_peaks": None},
    "evaluation": {"bootstrap_resamples": 1000, "trials": 30, "null_repeats": 2000},
    "attribution": {"max_sequences": 2000, "ism_sequences": 50, "study": {"seeds": 3}},
    "motifs": {"max_sequences": 2000, "max_seqlets": 2000},
    "gkm": {"most_examples": 20000},
    "adaptation": {"draws": 3, "all_peaks": True},
}
DRAWN = (
    "draw_audit", "draw_few_peaks", "draw_gate_motifs", "draw_motifs", "draw_statistics",
    "write_factor_pages",
)  # fmt: skip
NOTHING = ("any",)
PEAKS_URL = "https://example.org/P.narrowPeak"
CHECKSUM = sha256(b"P").hexdigest()
PEAKS = (
    Case("nothing", lambda folder: None, (), NOTHING),
    # files
    Case("peaks replaced by a copy", touch("A.narrowPeak"), (), NOTHING),
    Case("genome replaced by a copy", touch("genome.fa"), (), NOTHING),
    Case("table replaced by a copy", touch("experiments.tsv"), (), NOTHING),
    Case(
        "peaks replaced by an older file",
        older("A.narrowPeak", "p1\t", "p1x\t"),
        ("select_windows:A_x", "merge_training_peaks", "check_inputs"),
        ("select_windows:B_x", "select_windows:O_x", "prepare_genome"),
    ),
    Case(
        "genome replaced by an older file",
        older("genome.fa", ">chr1\nA", ">chr1\nC"),
        ("prepare_genome", *DATA, *TRAINED),
        ("export_jaspar",),
    ),
    Case(
        "another run shares the genome, which sets its time",
        touch("results/small/genome/genome.fa"),
        (),
        NOTHING,
    ),
    Case(
        "the genome was removed, and windows are selected again",
        both(remove("results/small/genome/genome.fa"), config(windows={"merge_distance": 0})),
        ("prepare_genome", *DATA, "audit_sequences"),
        ("export_jaspar",),
    ),
    Case(
        "blacklist replaced by an older file",
        older("blacklist.bed", "100", "90"),
        ("select_windows", "draw_training_negatives", "draw_test_negatives"),
        ("prepare_genome", "export_jaspar"),
    ),
    Case(
        "two peak files exchanged by mv",
        swap("A.narrowPeak", "B.narrowPeak"),
        ("select_windows:A_x", "select_windows:B_x", "merge_training_peaks"),
        ("select_windows:O_x",),
    ),
    Case(
        "peaks of an OOD experiment changed",
        replace("O.narrowPeak", "p1\t", "p1x\t"),
        (
            "select_windows:O_x",
            "draw_adaptation:O_x",
            "predict:O_x",
            "evaluate_models",
            "measure_controls",
        ),
        ("merge_training_peaks", "select_windows:A_x", *TRAINED, *MAPS, "predict:A_x"),
    ),
    # the experiment table
    Case(
        "two training rows exchange their peaks",
        table(_exchange_peaks),
        ("merge_training_peaks", "select_windows:A_x", "select_windows:B_x"),
        ("select_windows:O_x", "prepare_genome"),
    ),
    Case(
        "rows reordered",
        table(lambda rows: rows[::-1]),
        ("audit_sequences",),
        (
            "select_windows",
            "draw_training_negatives",
            "draw_test_negatives",
            "join_sequences",
            "train_expert:A_x",
            "train_expert:B_x",
            "train_expert:C_x",
            "prepare_genome",
        ),
    ),
    Case(
        "an OOD experiment more",
        table(
            lambda rows: [
                *rows,
                ["P_x", "MAX", "x", "ood", "cross_family", "-", "A.narrowPeak.2", "-", "-"],
            ]
        ),
        ("select_windows:P_x", "draw_adaptation:P_x", "predict:P_x", "evaluate_models"),
        (*TRAINED, *MAPS, "predict:A_x", "select_windows:A_x", "draw_adaptation:O_x"),
    ),
    Case(
        "an OOD experiment more, whose peaks are downloaded",
        table(
            lambda rows: [
                *rows,
                ["P_x", "MAX", "x", "ood", "cross_family", "-", PEAKS_URL, CHECKSUM, "-"],
            ]
        ),
        ("fetch_file:P.narrowPeak", "select_windows:P_x", "predict:P_x"),
        (*TRAINED, *MAPS, "predict:A_x", "select_windows:A_x"),
    ),
    Case(
        "a training experiment less",
        table(lambda rows: [row for row in rows if row[0] != "C_x"]),
        ("fit_mixture", "train_expert:pooled", "merge_training_peaks", "draw_adaptation:O_x"),
        (
            "train_expert:A_x",
            "train_expert:B_x",
            "select_windows:A_x",
            "draw_training_negatives:A_x",
        ),
    ),
    Case(
        "another biosample",
        table(lambda rows: [[*row[:2], "y", *row[3:]] for row in rows]),
        ("audit_sequences", "write_model"),
        (*DATA, *TRAINED, *MAPS),
    ),
    Case(
        "another family",
        table(lambda rows: [[*row[:5], "bZIP", *row[6:]] for row in rows]),
        # the matrices of a family replace those that a factor lacks
        ("match_motifs", "fit_conditioned", "predict", "adapt:O_x", "measure_controls"),
        (*DATA, *TRAINED, *MAPS, "fit_pooled_gkm"),
    ),
    Case(
        "a comment in the table",
        replace("experiments.tsv", "A_x", "# a comment\nA_x"),
        ("audit_sequences",),
        (*DATA, *TRAINED, *MAPS, "evaluate_models"),
    ),
    Case(
        "an optional column without values",
        column("coordinates", {}),
        ("audit_sequences",),
        (*DATA, *TRAINED, *MAPS),
    ),
    Case(
        "first base of a peak file",
        column("coordinates", {"A_x": "1"}),
        ("select_windows:A_x", "merge_training_peaks"),
        ("select_windows:B_x", "select_windows:O_x", "prepare_genome"),
    ),
    # config: data
    Case(
        "distance of merged replicates",
        config(windows={"merge_distance": 0}),
        ("select_windows",),
        ("prepare_genome", "export_jaspar"),
    ),
    Case("seed", config(seed=2), (*DATA, *TRAINED), ("prepare_genome", "export_jaspar")),
    Case(
        "length of windows",
        config(windows={"length": 81}),
        (*DATA, *TRAINED),
        ("prepare_genome",),
    ),
    Case(
        "evaluation negatives",
        config(negatives={"evaluation": {"genomic": 3}}),
        ("draw_test_negatives", "join_sequences", "predict", "evaluate_models"),
        ("draw_training_negatives", "select_windows", *TRAINED),
    ),
    Case(
        "training negatives",
        config(negatives={"training": {"genomic": 2}}),
        ("draw_training_negatives", *TRAINED),
        ("select_windows", "draw_test_negatives", "draw_adaptation"),
    ),
    Case(
        "margin of negatives",
        config(negatives={"margin": 150}),
        ("draw_training_negatives", "draw_test_negatives", "draw_adaptation", *TRAINED),
        ("select_windows", "prepare_genome"),
    ),
    *(
        Case(
            f"adaptation.{key}",
            config(adaptation={key: value}),
            ("draw_adaptation:O_x", "adapt:O_x"),
            (*DATA, *TRAINED, *MAPS, "fit_conditioned", "predict"),
        )
        for key, value in (
            ("peaks", [10, 50]),
            ("draws", 2),
            ("negatives", 3),
            ("all_peaks", False),
            ("max_peaks", 200),
        )
    ),
    Case(
        "fine-tuning of a pooled network on few peaks",
        config(adaptation={"fine_tune": {"epochs": 3}}),
        ("adapt:O_x", "evaluate_models"),
        (*DATA, *TRAINED, *MAPS, "draw_adaptation", "fit_conditioned", "predict"),
    ),
    Case(
        "no adaptation",
        config(adaptation={"fit": False}),
        (),
        ("draw_adaptation", "adapt", "fit_conditioned", *DATA, *TRAINED, *MAPS, "predict"),
    ),
    Case(
        "test chromosomes",
        config(splits={"test": ["chr4"]}),
        (*DATA, *TRAINED),
        ("prepare_genome", "export_jaspar"),
    ),
    Case(
        "a name of the assembly",
        config(genome={"assembly": "other"}),
        ("select_windows",),
        ("prepare_genome", "export_jaspar"),
    ),
    Case(
        "other names of chromosomes in peak files",
        config(genome={"aliases": {"one": "chr1"}}),
        ("select_windows", "merge_training_peaks", "check_inputs"),
        ("prepare_genome", "export_jaspar"),
    ),
    Case(
        "no blacklist",
        config(genome={"blacklist": None}),
        ("select_windows", "draw_training_negatives", "draw_test_negatives"),
        ("prepare_genome", "export_jaspar"),
    ),
    Case(
        "the name of the run",
        config(run="other"),
        ("prepare_genome", *DATA, *TRAINED, *MAPS, "predict", "write_model", "write_report"),
    ),
    Case("a mirror", config(mirror="."), (), NOTHING),
    Case("a level of the log", config(log_level="debug"), (), NOTHING),
    Case(
        "the quick preset",
        config(quick=True),
        (*DATA, "train_expert:A_x", "attribute", "write_statistics", "write_model", "write_report"),
        ("prepare_genome", "export_jaspar", "merge_training_peaks"),
    ),
    Case(
        "a quick run with the defaults written out",
        config(quick=True, **SLOW),
        ("write_report", "write_model"),
        (*DATA, *TRAINED, *MAPS, "predict", "evaluate_models", "write_statistics", "adapt"),
    ),
    Case("a default written out", config(motifs={"fdr": 0.05}), (), NOTHING),
    # config: models
    Case("epochs", config(training={"epochs": 3}), TRAINED[::2], (*DATA, "fit_gkm")),
    Case(
        "one seed more",
        config(training={"seeds": 2}),
        ("train_expert:1", "fit_mixture:1", "predict"),
        ("train_expert:0", "fit_mixture:0", *DATA, "fit_gkm"),
    ),
    Case(
        "another backbone",
        config(training={"backbone": "deepsea"}),
        TRAINED[::2],
        (*DATA, "fit_gkm"),
    ),
    Case(
        "settings of a backbone that is not used",
        config(training={"backbones": {"danq": {"units": 8}}}),
        (),
        (*DATA, *TRAINED),
    ),
    Case(
        "settings of the mixture",
        config(mixture={"uniform_penalty": 0.5}),
        ("fit_mixture", "predict"),
        (*DATA, "train_expert", "fit_gkm"),
    ),
    Case(
        "a generalist in the mixture",
        config(mixture={"generalists": 1}),
        ("fit_mixture",),
        (*DATA, "train_expert", "fit_gkm"),
    ),
    Case(
        "settings of gapped k-mers",
        config(gkm={"length": 9}),
        ("fit_gkm", "predict"),
        (*DATA, "train_expert", "fit_mixture", *MAPS),
    ),
    Case(
        "strength of the pooled gapped k-mers",
        config(gkm={"pooled_strength": 0.5}),
        ("fit_pooled_gkm", "fit_conditioned", "predict", "adapt:O_x"),
        (*DATA, "train_expert", "fit_mixture", *MAPS, "draw_adaptation"),
    ),
    Case(
        "no conditioned mixture",
        config(conditioned={"fit": False}),
        ("predict", "evaluate_models", "write_report"),
        (
            *DATA,
            *TRAINED,
            *MAPS,
            "fit_conditioned",
            "fit_pooled_gkm",
            "leave_out_factor",
            "draw_adaptation",
            "adapt",
            "write_expected",
            "measure_controls",
        ),
    ),
    Case("threads", config(compute={"threads": 2}), TRAINED[::2], DATA),
    Case(
        "a further recipe",
        config(recipes={"strong": {"training": {"epochs": 3}}}),
        (),
        (*DATA, *TRAINED, *MAPS, "predict"),
    ),
    # config: evaluation, attribution, motifs, report
    Case(
        "margin of equivalence",
        config(evaluation={"margin": 0.03}),
        ("evaluate_models", "write_statistics"),
        (*DATA, *TRAINED, *MAPS, "fit_conditioned", "predict", "adapt"),
    ),
    Case(
        "repeats of the null simulation",
        config(evaluation={"null_repeats": 30}),
        ("write_statistics",),
        ("evaluate_models", "predict", *TRAINED),
    ),
    Case(
        "models that are compared",
        config(evaluation={"family": ["moe", "pooled", "gkm"]}),
        ("write_statistics",),
        ("predict", *TRAINED, *MAPS),
    ),
    Case(
        "sequences that are attributed",
        config(attribution={"max_sequences": 50}),
        ("attribute", "discover_motifs"),
        (*DATA, *TRAINED, "predict"),
    ),
    Case(
        "false discovery rate of matches",
        config(motifs={"fdr": 0.01}),
        ("match_motifs",),
        ("discover_motifs", "attribute", *TRAINED, "predict"),
    ),
    Case(
        "data types of dependent matrices",
        config(motifs={"dependent_data_types": ["ChIP-seq"]}),
        ("match_motifs",),
        ("discover_motifs", "attribute", *TRAINED),
    ),
    Case(
        "seqlets per pattern",
        config(motifs={"min_seqlets": 30}),
        ("discover_motifs",),
        ("attribute", *TRAINED, "predict"),
    ),
    Case(
        "taxa of JASPAR",
        config(jaspar={"tax_groups": ["vertebrates", "insects"]}),
        ("export_jaspar", "match_motifs", "predict"),
        (*DATA, *TRAINED, "discover_motifs"),
    ),
    Case(
        "settings of the search",
        config(search={"trials": 7}),
        ("write_report",),
        (*DATA, *TRAINED, *MAPS, "predict", "evaluate_models"),
    ),
    # sources
    Case("comments in a script", comment("train_expert.py"), (), NOTHING),
    Case("comments in the package", comment("tfmoe/models/training.py"), (), NOTHING),
    Case(
        "the package's training",
        code("tfmoe/models/training.py"),
        ("train_expert",),
        DATA,
    ),
    Case(
        "the package's discovery",
        code("tfmoe/motifs/discovery.py"),
        ("discover_motifs",),
        (*DATA, *TRAINED, "attribute", "predict", "evaluate_models"),
    ),
    Case(
        "the package's shuffle",
        code("tfmoe/data/negatives/dinucleotide_shuffle.py"),
        ("draw_training_negatives", "train_expert"),
        ("select_windows", "prepare_genome", "export_jaspar"),
    ),
    Case(
        "a backbone that is registered",
        code("tfmoe/models/backbones/convnet.py"),
        ("train_expert", "fit_mixture"),
        (*DATA, "fit_gkm"),
    ),
    Case(
        "matching",
        code("tfmoe/motifs/matching.py"),
        ("match_motifs",),
        (*DATA, *TRAINED, *MAPS, "predict"),
    ),
    Case(
        "sentences of the statistics report",
        code("tfmoe/report/narrative/limits.py"),
        ("write_statistics_report", "write_report"),
        (*DATA, *TRAINED, *MAPS, "predict", "evaluate_models", "write_statistics", "draw_figures"),
    ),
    Case(
        "a figure",
        code("tfmoe/figures/roc.py"),
        ("draw_figures",),
        (*DATA, *TRAINED, *MAPS, "predict", "evaluate_models", "draw_motifs"),
    ),
    Case(
        "the report's template",
        append("project/scripts/tfmoe/report/templates/style.css", "\np { margin: 0 }\n"),
        ("write_report",),
        (*DATA, *TRAINED, *MAPS, "evaluate_models", "write_statistics"),
    ),
    Case(
        "the table for MultiQC",
        code("tfmoe/report/multiqc.py"),
        ("write_multiqc",),
        (*DATA, *TRAINED, *MAPS, "evaluate_models", "write_report"),
    ),
    Case("a study", code("tfmoe/studies/search/run.py"), (), NOTHING),
    Case(
        "names of chromosomes",
        append("project/scripts/tfmoe/data/reading/chromosome_aliases.tsv", "toy\tXX_1.1\t1\n"),
        ("select_windows", "check_inputs", "merge_training_peaks"),
        ("export_jaspar", "prepare_genome"),
    ),
    Case(
        "synonyms of factors",
        append("project/scripts/tfmoe/jaspar/factor_synonyms.tsv", "GATA-THREE\tGATA3\n"),
        ("match_motifs", "predict", "write_model", "fit_conditioned"),
        ("prepare_genome", "select_windows", "draw_training_negatives", "train_expert"),
    ),
    Case(
        "families of factors",
        append("project/resources/families.tsv", "New\t1\t0\t0\n"),
        ("match_motifs", "predict", "write_model"),
        (*DATA, "train_expert", "attribute", "discover_motifs"),
    ),
    Case(
        "scripts of figures and pages",
        codes(*(f"{name}.py" for name in DRAWN)),
        DRAWN,
        (*DATA, *TRAINED, *MAPS, "predict", "evaluate_models", "draw_figures", "write_model"),
    ),
    Case(
        "scripts that explain networks",
        codes("explain_gate.py", "read_filters.py", "gather_attribution.py"),
        ("explain_gate", "read_filters", "gather_attribution"),
        (*DATA, *TRAINED, *MAPS, "predict", "evaluate_models", "write_model"),
    ),
    Case(
        "the script that leaves out a factor",
        code("leave_out_factor.py"),
        ("leave_out_factor", "fit_conditioned"),
        ("select_windows", "draw_training_negatives", "train_expert:A_x", "fit_gkm"),
    ),
    Case(
        "the expected AUROC",
        code("write_expected.py"),
        ("write_expected", "write_model"),
        (*DATA, *TRAINED, *MAPS, "predict", "evaluate_models"),
    ),
    Case(
        "the card of the model",
        code("tfmoe/application/card/text.py"),
        ("write_model",),
        (*DATA, *TRAINED, *MAPS, "predict", "evaluate_models"),
    ),
    Case(
        "thresholds of the model",
        code("tfmoe/application/model/thresholds.py"),
        ("write_model",),
        (*DATA, *TRAINED, *MAPS, "predict", "evaluate_models"),
    ),
    Case(
        "background variants of the model",
        code("tfmoe/application/variants/background.py"),
        ("write_model",),
        (*DATA, *TRAINED, *MAPS, "predict", "evaluate_models"),
    ),
    Case(
        "settings of a scan that is no target",
        config(scan={"stride": 5}),
        ("write_report",),
        (*DATA, *TRAINED, *MAPS, "predict", "evaluate_models", "write_model"),
    ),
    Case(
        "ablations that are no target",
        config(
            ablations={"plain": {"mixture": {"uniform_penalty": 0.5}}}, development={"seeds": 1}
        ),
        (),
        (*DATA, *TRAINED, *MAPS, "predict", "evaluate_models", "write_model"),
    ),
    Case("the version", version, ("write_report",), (*DATA, *TRAINED, *MAPS, "predict")),
    Case(
        "descriptions in the schema",
        replace(
            "project/workflow/schemas/config.schema.yaml", "description: ", "description: New. "
        ),
        (),
        NOTHING,
    ),
)
READY = (
    Case("nothing", lambda folder: None, (), NOTHING),
    Case(
        "files of an experiment in another order",
        table(lambda rows: [[*rows[0][:6], "A2.fa;A1.fa", *rows[0][7:]], *rows[1:]]),
        ("import_sequences:A_x", "train_expert:A_x"),
        ("import_sequences:B_x", "train_expert:B_x"),
    ),
    Case(
        "positives and negatives exchanged",
        table(_exchange_negatives),
        ("import_sequences:B_x", "train_expert:B_x"),
        ("import_sequences:A_x", "train_expert:A_x"),
    ),
    Case(
        "evaluation negatives",
        config(negatives={"evaluation": {"dinucleotide": 2}}),
        ("predict", "join_sequences", "complete_test_sequences"),
        (*TRAINED, "import_sequences", "complete_training_sequences"),
    ),
    Case(
        "training negatives",
        config(negatives={"training": {"dinucleotide": 2}}),
        ("complete_training_sequences", "train_expert"),
        ("import_sequences", "complete_test_sequences"),
    ),
    Case(
        "a genome to draw background from",
        config(background={"fasta": "background.fa"}),
        ("draw_background", "train_expert:background_vs_shuffle"),
        ("import_sequences", "train_expert:A_x"),
    ),
    Case(
        "length of windows",
        config(windows={"length": 81}),
        ("check_sequences", "import_sequences", "index_training_kmers", "train_expert"),
        ("export_jaspar",),
    ),
)
