"""Fixtures of the report tests: a small folder of results with random numbers from a seed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tfmoe.attribution.maps import AttributionMaps, write_maps
from tfmoe.core.config import SCHEMAS, validate_config
from tfmoe.core.files import write_json, write_parquet, write_text, write_tsv
from tfmoe.evaluation.evaluate import CHOICE_COLUMNS
from tfmoe.evaluation.matrix_choice import COLUMNS as MATRIX_COLUMNS
from tfmoe.evaluation.set_metrics import METRIC_COLUMNS
from tfmoe.evaluation.sets import EvaluationSet, evaluation_sets
from tfmoe.evaluation.statistics import PAIR_COLUMNS
from tfmoe.figures.audit.draw import draw_audit
from tfmoe.figures.critical_difference import draw_critical_difference_files
from tfmoe.figures.evaluation_files import EvaluationFiles, draw_evaluation
from tfmoe.figures.few_peaks import draw_few_peaks_file
from tfmoe.figures.gate_motifs import write_gate_motifs
from tfmoe.figures.motif_files import MotifFiles, draw_all_motifs
from tfmoe.figures.motifs import Search
from tfmoe.figures.null_simulation import draw_null_file
from tfmoe.figures.training import History
from tfmoe.jaspar.matrices import Matrix, write_matrices
from tfmoe.motifs.find import PATTERN_COLUMNS
from tfmoe.motifs.gating import GATE_MOTIF_COLUMNS
from tfmoe.motifs.match_run import SUMMARY_COLUMNS
from tfmoe.motifs.matching import MATCH_COLUMNS, NULL_COLUMNS
from tfmoe.motifs.patterns import Pattern, Seqlets, write_meme
from tfmoe.motifs.recovery import RECOVERY_COLUMNS
from tfmoe.report.narrative.scope import FOLDED
from tfmoe.report.run_tables import ReportFiles, Run

STRATA = ("within_family", "cross_family", "cross_family", "general_factor", "no_own_motif")
METHODS = ("gradient", "gradient_corrected", "shiftsmooth_n5", "shiftsmooth_n5_corrected")
UNIFORM = np.full(4, 0.25)


@dataclass(frozen=True)
class FakeRun:
    """A run's folder, and the inputs of its report."""

    folder: Path
    files: ReportFiles
    run: Run


RIVALS = {
    "moe_conditioned": 0.06,
    "gkm": 0.03,
    "equal_weight_sum": 0.05,
    "kmers_and_matrix": 0.02,
    "ensemble_kmers_matrix": 0.05,
}
"""Further models, and their AUROC minus that of the mixture."""


def metric_row(found: EvaluationSet, model: str, seed: int | None, auroc: float) -> dict[str, Any]:
    row = dict.fromkeys(METRIC_COLUMNS, np.nan) | {
        "model": model,
        "experiment": found.experiment,
        "factor": found.factor,
        "role": found.role,
        "stratum": "-" if found.expert else found.stratum,
        "seed": seed,
        "n_pos": 100,
        "n_neg": 500,
        "auroc": auroc,
        "auroc_low": auroc - 0.03,
        "auroc_high": auroc + 0.03,
        "auprc": 0.6,
    }
    return row | ({} if model == "pwm" else {"brier": 0.1, "ece": 0.04, "ece_expected": 0.02})


def adapted_rows(found: EvaluationSet) -> list[dict[str, Any]]:
    """Return metrics by number of peaks and draw: exact values, which differ between draws."""
    aurocs = {"moe_conditioned": 0.80, "gkm": 0.77, "pwm": 0.70}
    for peaks, adapted, scratch in (("10", 0.81, 0.70), ("100", 0.84, 0.86)):
        aurocs |= {f"moe_adapted_{peaks}": adapted, f"gkm_from_scratch_{peaks}": scratch}
        aurocs |= {f"fine_tuned_{peaks}": 0.76}
    return [
        metric_row(found, model, None if model in ("gkm", "pwm") else draw, auroc + shift)
        | {"role": "adapted", "negatives": "genomic", "subset": "all"}
        for model, auroc in aurocs.items()
        for draw, shift in ((0, -0.02), (1, 0.02))
        if not (draw and model in ("gkm", "pwm"))
    ]


class Generator:
    """Write the files of a run, one kind per method."""

    def __init__(
        self,
        folder: Path,
        training: list[str],
        ood: list[str],
        seeds: int,
        none: int,
        rivals: bool,
    ):
        self.folder = folder
        self.rivals = RIVALS if rivals else {}
        self.rng = np.random.default_rng(3)
        self.seeds = seeds
        self.without_pattern = none
        rows = {name: {"factor": name, "role": "train", "stratum": "-"} for name in training}
        for index, name in enumerate(ood):
            stratum = STRATA[index * len(STRATA) // len(ood)]
            rows[name] = {"factor": name, "role": "ood", "stratum": stratum}
        self.experts = {name: [name] for name in training}
        self.sets: list[EvaluationSet] = evaluation_sets(rows, self.experts)
        self.searched = [(name, f"expert_{name}") for name in training]
        self.searched += [(name, "moe") for name in training]

    def path(self, *parts: str) -> Path:
        path = self.folder.joinpath(*parts)
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    def table(self, name: str, rows: list[dict[str, Any]], columns: Any = None) -> Path:
        path = self.path(f"{name}.tsv")
        frame = pd.DataFrame(rows, columns=None if columns is None else list(columns))
        write_tsv(frame, path)
        return path

    def data(self) -> dict[str, Path]:
        check, windows, negatives, audit = [], [], [], []
        for found in self.sets:
            keys = {"experiment": found.experiment}
            check.append(
                {**keys, "peaks": 900, "on_genome": 890, "naming": "16 by number (chr1 is I)"}
            )
            filters = {"peaks": 900, "chromosome": 10, "edge": 0, "unknown_bases": 3}
            windows.append({**keys, **filters, "blacklist": 2, "duplicate": 1, "kept": 884})
            row = {"kind": "genomic", "split": "test", "positives": 100, "asked": 500}
            distances = {"ks_gc": 0.01, "ks_repeat": 0.02, "chromosomes_unused": "-"}
            negatives.append({**keys, **row, "drawn": 500, "why": "-", **distances})
            audit.append(
                {
                    **keys,
                    "negatives": "genomic",
                    "n_pos": 100,
                    "n_neg": 500,
                    "gc_pos": 0.41,
                    "gc_neg": 0.42,
                    "ks_gc": 0.01,
                    "repeat_pos": 0.2,
                    "repeat_neg": 0.25,
                    "ks_repeat": 0.05,
                    "shuffle_share": 0.0,
                    "detector_auroc": 0.58,
                    "detector_4mer_auroc": 0.68,
                    "overlap_share": 0.05,
                    "identical_share": 0.0,
                }
            )
        return {
            "check": self.table("check", check),
            "windows": self.table("windows", windows),
            "negatives": self.table("negatives", negatives),
            "audit": self.table("audit", audit),
        }

    def audit(self) -> dict[str, Path]:
        overlaps, homology, detectability, composition = [], [], [], []
        for index, found in enumerate(self.sets):
            name, stratum = found.experiment, "-" if found.expert else found.stratum
            share = 0.1 * index
            for other in [*(own for own in self.experts if own != name), "any"]:
                overlaps.append((name, stratum, other, 100, round(100 * share), share))
            for other in ([name] if found.expert else []) + ["any"]:
                homology.append((name, other, 100, share, share / 2))
            for features, auroc in (("composition", 0.58), ("4-mers", 0.68)):
                detectability.append((name, "positives", "genomic", features, auroc))
            for what in ("positives", "genomic"):
                composition += [(name, what, "gc", 100, place / 4, 0.25) for place in range(4)]
        columns = {
            "overlaps": ["experiment", "stratum", "training_experiment", "n", "overlapping"],
            "homology": ["experiment", "training_experiment", "n", "share_31mer"],
            "detectability": ["experiment", "first", "second", "features", "auroc"],
            "composition": ["experiment", "what", "measure", "n", "bin", "share"],
        }
        columns["overlaps"].append("share")
        columns["homology"].append("near_identical")
        rows = (overlaps, homology, detectability, composition)
        frames = {
            name: pd.DataFrame(found, columns=columns[name])
            for name, found in zip(columns, rows, strict=True)
        }
        frames["overlaps"]["by"] = "coordinates"
        frames["detectability"] = frames["detectability"].assign(n_first=100, n_second=500)
        paths = {name: self.path(f"{name}.tsv") for name in frames}
        for name, frame in frames.items():
            write_tsv(frame, paths[name])
        draw_audit(paths, self.sets, self.path("figures"))
        return {name: paths[name] for name in frames if name != "composition"}

    def models(self) -> list[str]:
        experts = [f"expert_{name}" for name in self.experts]
        return ["moe", *self.rivals, "mean_of_experts", "pooled", *experts]

    def ranks(self) -> tuple[Path, Path]:
        """Write the average ranks of three models, and Friedman's test."""
        head = {"role": "ood", "negatives": "genomic", "subset": "all", "stratum": "all"}
        head["peaks"] = "-"
        models = ("moe", "pooled", "mean_of_experts")
        rows = [
            head | {"sets": 6, "model": model, "average_rank": 1.5 + 0.5 * place}
            for place, model in enumerate(models)
        ]
        paths = self.path("ranks.tsv"), self.path("friedman.tsv")
        write_tsv(pd.DataFrame(rows), paths[0])
        write_tsv(pd.DataFrame([head | {"p": 0.2, "critical_difference": 1.35}]), paths[1])
        return paths

    def null_simulation(self) -> Path:
        """Write the error rates of two tests."""
        path = self.path("null_simulation.tsv")
        head = {"role": "ood", "models_vary": "alike", "alpha": 0.05, "repeats": 100}
        rates = {"f_test": 0.05, "paired_t": 0.04}
        rows = [head | {"test": test, "false_positive_rate": rate} for test, rate in rates.items()]
        write_tsv(pd.DataFrame(rows), path)
        return path

    def evaluation(self) -> dict[str, Path]:
        rows = []
        for found in self.sets:
            base = 0.9 if found.expert else 0.75
            for model in [*self.models(), "best_expert", "pwm"]:
                other = model.startswith("expert_") and model != f"expert_{found.expert}"
                for seed in [None] if model == "pwm" else range(self.seeds):
                    for kind, subset in (
                        ("genomic", "all"),
                        ("dinucleotide", "all"),
                        *((("genomic", "no_overlap"),) if found.role == "ood" else ()),
                    ):
                        auroc = base - 0.2 * other + self.rng.normal(0, 0.01)
                        auroc += self.rivals.get(model, 0.0)
                        row = metric_row(found, model, seed, auroc)
                        rows.append(row | {"negatives": kind, "subset": subset})
            if self.rivals and not found.expert:
                rows += adapted_rows(found)
        metrics = pd.DataFrame(rows, columns=list(METRIC_COLUMNS)).astype({"seed": "Int64"})
        write_tsv(metrics, self.path("metrics.tsv"))
        pairs = [
            dict.fromkeys(PAIR_COLUMNS, np.nan)
            | {
                "role": role,
                "negatives": "genomic",
                "subset": "all",
                "stratum": "all",
                "peaks": "-",
                "sets": 3,
                "model": model,
                "other": other,
                "difference": -0.012,
                "low": -0.02,
                "high": -0.004,
                "p_holm": 0.03,
                "verdict": "worse" if other == "pooled" else "not_distinguishable",
            }
            for role in dict.fromkeys(found.role for found in self.sets)
            for model in ["moe", *list(self.rivals)[:1]]
            for other in ("pooled", "mean_of_experts", f"expert_{next(iter(self.experts))}")
        ]
        name = next(iter(self.experts))
        choice = [
            {
                "expert": f"expert_{name}",
                "experiment": name,
                "negatives": "genomic",
                "seed": 0,
                "auroc": 0.8,
                "chosen": True,
            }
        ]
        report = self.path("statistics.md")
        write_text(
            "# Statistics\n\nIn words.\n\n## In short\n\n- The mixture is worse than <b>.\n\n"
            "| a | b |\n|---|---|\n| 1 | 2 |\n\n## The analysis of variance as published\n\n"
            f"So.\n\n## {FOLDED[0]}\n\nAll of them.\n",
            report,
        )
        return {
            "metrics": self.path("metrics.tsv"),
            "pairwise": self.table("pairwise", pairs, PAIR_COLUMNS),
            "best_expert": self.table("best_expert", choice, CHOICE_COLUMNS),
            "matrices": self.matrices(),
        }

    def matrices(self) -> Path:
        """Write the matrices: two for the first set, none for the last, and one for each other."""
        rows: list[dict[str, Any]] = []
        for number, found in enumerate(self.sets):
            row = {"experiment": found.experiment, "matrix_id": f"MA{number:04}.1"}
            rows.append(row | {"data_type": "SELEX", "independent": True, "chosen": True})
        rows[0] |= {"data_type": "ChIP-exo", "independent": False, "auroc_validation": 0.9}
        rows.insert(1, rows[0] | {"matrix_id": "MA0999.1", "chosen": False})
        rows[-1] = {"experiment": self.sets[-1].experiment, "matrix_id": "-"}
        return self.table("own_matrices", rows, MATRIX_COLUMNS)

    def predictions(self, found: EvaluationSet) -> tuple[Path, Path]:
        labels = np.repeat([1, 0], [30, 60])
        names = [f"{found.experiment}:{index}" for index in range(90)]
        table = pd.DataFrame({"name": names, "label": labels, "split": "test"})
        table["kind"] = np.where(labels == 1, "peak", "genomic")
        for model in self.models():
            for seed in range(self.seeds):
                shift = labels * (2.0 if model in ("moe", f"expert_{found.expert}") else 1.0)
                scores = self.rng.normal(size=90) + shift
                table[f"{model}_seed{seed}"] = scores.astype(np.float32)
        path = self.path("predictions", f"{found.experiment}.parquet")
        write_parquet(table, path)
        weights = []
        for seed in range(self.seeds):
            drawn = self.rng.dirichlet(np.ones(len(self.experts)), 90)
            part = pd.DataFrame(drawn, columns=list(self.experts))
            weights.append(part.assign(name=names, seed=seed))
        gates = self.path("predictions", f"{found.experiment}.gates.parquet")
        write_parquet(pd.concat(weights, ignore_index=True), gates)
        return path, gates

    def histories(self) -> list[History]:
        found = []
        for model in [*(f"expert_{name}" for name in self.experts), "pooled", "moe"]:
            for seed in range(self.seeds):
                epochs = np.arange(1, 6)
                columns = {"epoch": epochs, "train_loss": 0.7 / epochs, "validation_loss": 0.5}
                path = self.path("networks", f"{model}.{seed}.tsv")
                frame = pd.DataFrame({**columns, "validation_auroc": 0.9 - 0.3 / epochs})
                write_tsv(frame, path)
                write_json({"versions": {"torch": "2.13.0"}}, path.with_suffix(".json"))
                found.append(History(model, seed, path))
        return found

    def record(self, config: Mapping[str, Any]) -> Path:
        environment = {"system": "Linux x86_64 glibc 2.36", "python": "3.11.7", "packages": {}}
        environment |= {"cpu": {"model": "Some <CPU>", "features": ["avx2"]}}
        environment |= {"variables": {"ATEN_CPU_CAPABILITY": "avx2"}}
        state = {"config": config, "experiments": {}, "code": {"predict": "abc"}}
        state |= {"inputs": {"peaks/<b>.bed": "f" * 64, "<results>/simulation/genome.fa": ""}}
        state |= {"commit": {"commit": "c0ffee", "clean": False}, "environments": [environment]}
        path = self.path("run.json")
        write_json(state | {"versions": {"tfmoe": "0.1.0", "numpy": "2.4.3"}}, path)
        return path

    def attribution(self, experiment: str, model: str, motif: Any) -> Path:
        codes = self.rng.integers(0, 4, (20, 61)).astype(np.uint8)
        values = self.rng.normal(0, 0.05, (20, 4, 61))
        width = motif.shape[1]
        for row in range(20):
            start = int(self.rng.integers(15, 40))
            codes[row, start : start + width] = motif.argmax(axis=0)
            values[row, :, start : start + width] += motif - 0.25
        path = self.path("attribution", f"{experiment}.{model}.npz")
        names = np.array([f"{experiment}:{row}" for row in range(20)])
        write_maps(AttributionMaps(values.astype(np.float32), codes, names), path)
        return path

    def motifs(self) -> tuple[list[Search], list[Matrix], dict[str, Path]]:
        searches, matches, summary, matrices = [], [], [], []
        motifs = {}
        for index, name in enumerate(self.experts):
            motifs[name] = self.rng.dirichlet(np.full(4, 0.12), 9).T
            matrix_id = f"MA{index:04}.1"
            matrices.append(
                Matrix(matrix_id, name.upper(), "fungi", "4932", "", "", "ChIP-exo", motifs[name])
            )
        for index, (name, model) in enumerate(self.searched):
            found = index < len(self.searched) - self.without_pattern
            turn = -1 if model == "moe" else 1
            motif = np.ascontiguousarray(motifs[name][::turn, ::turn])
            none = np.zeros(0, dtype=int)
            seqlets = Seqlets(none, none, none, none, 37.0)
            patterns = [Pattern("pattern_0", motif, seqlets)] if found else []
            rates = {"rate_positives": 0.5, "rate_negatives": 0.05, "fisher_p": 1e-9}
            row = dict.fromkeys(PATTERN_COLUMNS, 0.1) | rates
            row |= {"positives": 100, "negatives": 500, "n_seqlets": 40}
            rows = [row | {"pattern": p.name, "consensus": p.consensus} for p in patterns]
            table = self.table(f"motifs/{name}.{model}.patterns", rows, PATTERN_COLUMNS)
            meme = self.path("motifs", f"{name}.{model}.meme")
            write_meme(patterns, UNIFORM, f"{name}.{model}", meme)
            matrix = matrices[list(self.experts).index(name)].matrix_id
            if found:
                fields = (name, name, model, "pattern_0", matrix, name.upper(), "", "ChIP-exo")
                rest = (False, 1e-9, 1e-6, 1, "-" if model == "moe" else "+", 0, 9, True, True)
                matches.append(dict(zip(MATCH_COLUMNS, fields + rest, strict=True)))
            summary.append(
                dict.fromkeys(SUMMARY_COLUMNS, None)
                | {
                    "experiment": name,
                    "factor": name,
                    "role": "train",
                    "model": model,
                    "n_sequences": 20,
                    "n_patterns": len(patterns),
                    "own_or_family_at_fdr": found,
                    "independent_at_fdr": False,
                    "note": None if found else "only 4 seqlets were found",
                }
            )
            maps = self.attribution(name, model, motifs[name])
            searches.append(Search(name, name, model, table, meme, maps))
        null = dict.fromkeys(NULL_COLUMNS, 0.0) | {"shuffles": 200, "passing": 1}
        null |= {"share": 0.005, "share_high": 0.028}
        return (
            searches,
            matrices,
            {
                "matches": self.table("jaspar", matches, MATCH_COLUMNS),
                "motifs": self.table("summary", summary, SUMMARY_COLUMNS),
                "null_control": self.table("null_control", [null], NULL_COLUMNS),
            },
        )

    def gate_motifs(self) -> Path:
        rows = [
            dict.fromkeys(GATE_MOTIF_COLUMNS, None)
            | {"experiment": found.experiment, "expert": expert, "weight": 0.5}
            | {"pattern": "pattern_0", "consensus": "ACGT", "match": "X", "odds_ratio": 2, "q": 0.1}
            for found in self.sets
            for expert in self.experts
        ]
        return self.table("gate_motifs", rows, GATE_MOTIF_COLUMNS)

    def faithfulness(self) -> dict[str, Path]:
        rows = [
            {
                "experiment": name,
                "model": model,
                "method": method,
                "n_sequences": 20,
                "spearman": 0.6 + 0.05 * index,
                "spearman_low": 0.55 + 0.05 * index,
                "spearman_high": 0.65 + 0.05 * index,
                "gain": 0.05 * index if index else None,
            }
            for name, model in self.searched
            for index, method in enumerate(METHODS)
        ]
        measured = [
            {
                "experiment": name,
                "model": model,
                "method": method,
                "measure": measure,
                "n_sequences": 20,
                "value": 0.5 + 0.05 * index,
                "gain": 0.05 * index if index else None,
            }
            for name, model in self.searched
            for measure in ("deletion", "insertion", "stability_shifts")
            for index, method in enumerate(METHODS)
        ]
        return {
            "faithfulness": self.table("faithfulness", rows),
            "quality": self.table("quality", measured),
            "localisation": self.localisation(),
        }

    def localisation(self) -> Path:
        """The first experiment has no matrix of its own."""
        rows = [
            {
                "experiment": name,
                "model": model,
                "method": method,
                "n_sequences": 20,
                "prevalence": 0.1 if name != self.searched[0][0] else None,
                "auprc": 0.7 if name != self.searched[0][0] else None,
                "hit_rate": 0.6 if name != self.searched[0][0] else None,
                "auprc_gain": 0.02 if index else None,
                "truth": "planted",
                "note": "" if name != self.searched[0][0] else "no motif of its own",
            }
            for name, model in self.searched
            for index, method in enumerate(METHODS)
        ]
        return self.table("localisation", rows)

    def truth(self) -> dict[str, Path]:
        recovery = [
            dict.fromkeys(RECOVERY_COLUMNS, None)
            | {
                "experiment": name,
                "factor": name,
                "model": model,
                "planted_matrix": "MA0000.1",
                "recovered": index < len(self.searched) - self.without_pattern,
                "instances": 50,
                "instances_hit": 40,
                "share_hit": 0.8,
                "share_hit_low": 0.7,
                "share_hit_high": 0.9,
            }
            for index, (name, model) in enumerate(self.searched)
        ]
        return {
            "recovery": self.table("recovery", recovery, RECOVERY_COLUMNS),
        }


def fake_run(
    folder: Path,
    training: list[str],
    ood: list[str],
    seeds: int = 2,
    simulated: bool = True,
    without_pattern: int = 1,
    rivals: bool = False,
) -> FakeRun:
    """Write a run's folder with its figures."""
    made = Generator(folder, training, ood, seeds, without_pattern, rivals)
    splits = {"test": ["II"], "validation": ["III"], "gate": ["IV"]}
    settings: dict[str, Any] = {"run": "fake", "experiments": "x.tsv", "splits": splits}
    settings |= {"genome": {"assembly": "R64-1-1", "fasta": "genome.fa"}}
    settings |= {"simulation": {} if simulated else None}
    config = validate_config(settings, SCHEMAS / "config.schema.yaml", "fake")
    tables: dict[str, Path] = {
        **made.data(),
        **made.audit(),
        **made.evaluation(),
        **made.faithfulness(),
    }
    histories = made.histories()
    paths = {found.experiment: made.predictions(found) for found in made.sets}
    files = EvaluationFiles(
        tables["metrics"],
        {name: pair[0] for name, pair in paths.items()},
        {name: pair[1] for name, pair in paths.items()},
        histories,
    )
    figures = folder / "figures"
    draw_evaluation(files, made.sets, list(made.experts), figures)
    if rivals:
        draw_few_peaks_file(tables["metrics"], figures)
    draw_null_file(made.null_simulation(), figures)
    draw_critical_difference_files(*made.ranks(), figures)
    searches, matrices, motif_tables = made.motifs()
    write_matrices(matrices, folder / "jaspar.meme", folder / "matrices.tsv")
    tables |= motif_tables | (made.truth() if simulated else {})
    motif_files = MotifFiles(
        {"motifs": searches}, tables["matches"], folder / "jaspar.meme", folder / "matrices.tsv"
    )
    draw_all_motifs(motif_files, 0.05, figures, figures / "logos")
    tables["gate_motifs"] = made.gate_motifs()
    write_gate_motifs(tables["gate_motifs"], made.sets, figures)
    report_files = ReportFiles(
        tables=tables,
        patterns={(found.experiment, found.model): found.patterns for found in searches},
        statistics=folder / "statistics.md",
        checkpoints=[Path(found.path).with_suffix(".json") for found in histories],
        figures=figures,
        logos=figures / "logos",
        record=made.record(config),
    )
    return FakeRun(folder, report_files, Run("fake", config, made.sets, made.experts))


@pytest.fixture(scope="session")
def simulated_run(tmp_path_factory: pytest.TempPathFactory) -> FakeRun:
    """Return a simulated run with two experts, two OOD factors and one search without a pattern."""
    folder = tmp_path_factory.mktemp("simulated")
    return fake_run(folder, ["Abf1", "Reb1"], ["Fkh2", "Swi6"])


@pytest.fixture(scope="session")
def run_with_rivals(tmp_path_factory: pytest.TempPathFactory) -> FakeRun:
    """Return a run with a conditioned mixture, its rivals, and models adapted to new factors."""
    folder = tmp_path_factory.mktemp("rivals")
    ood = ["Fkh2", "Swi6", "Tbf1", "Cbf1"]
    return fake_run(folder, ["Abf1", "Reb1", "Rap1"], ood, rivals=True)


@pytest.fixture(scope="session")
def smallest_run(tmp_path_factory: pytest.TempPathFactory) -> FakeRun:
    """Return a run on real data with one expert, no OOD factor, one seed and no pattern."""
    folder = tmp_path_factory.mktemp("smallest")
    return fake_run(folder, ["Reb1"], [], seeds=1, simulated=False, without_pattern=2)


@pytest.fixture
def without() -> Callable[[FakeRun, str], FakeRun]:
    """Return a function that removes a table from a run."""

    def remove(fake: FakeRun, name: str) -> FakeRun:
        tables = {key: path for key, path in fake.files.tables.items() if key != name}
        return replace(fake, files=replace(fake.files, tables=tables))

    return remove
