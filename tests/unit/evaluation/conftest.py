import numpy as np
import pandas as pd
import pytest

from tfmoe.core.config import schema_defaults
from tfmoe.core.files import write_parquet
from tfmoe.evaluation import simulation
from tfmoe.evaluation.scoring import evaluate_models
from tfmoe.evaluation.settings import EvaluationSettings, ExperimentLabels
from tfmoe.evaluation.statistics import run_tests


@pytest.fixture(scope="session")
def settings():
    family = ["moe", "experts", "mean_of_experts", "pooled"]
    small = {"family": family, "bootstrap_resamples": 100, "trials": 10, "null_repeats": 5}
    small |= {"trials_from": "bootstrap"}
    defaults = schema_defaults("evaluation")
    del defaults["recipes"]
    return EvaluationSettings(**(defaults | small))


SHIFTS = {"moe": 2.0, "expert_A": 1.0, "expert_B": 0.6, "mean_of_experts": 1.2, "pooled": 1.9}


def make_table(shifts, seeds, splits, seed):
    """Build predictions: 20 positives, 40 genomic negatives and 20 shuffles in each split.

    A split is a chromosome, on which the positives stand 60,000 bases apart, 1 or 2 in 100,000, the
    genomic negatives 30,000, and a shuffle where its parent does.
    """
    rng = np.random.default_rng(seed)
    kinds = ["peak"] * 20 + ["genomic"] * 40 + ["dinucleotide"] * 20
    table = pd.DataFrame({"kind": kinds * len(splits), "split": np.repeat(splits, 80)})
    table["label"] = (table["kind"] == "peak").astype(int)
    table["name"] = [f"s{row}" for row in range(len(table))]
    table["chrom"] = table["split"].map({"validation": "chr1", "test": "chr2"})
    places = [60_000 * np.arange(20), 30_000 * np.arange(40), 60_000 * np.arange(20)]
    table["start"] = np.tile(np.concatenate(places), len(splits))
    table["overlaps_training_peak"] = (table["label"] == 1) & (table.index % 80 < 5)
    shared = rng.normal(size=len(table))
    for model, shift in shifts.items():
        for number in range(seeds):
            noise = 0.7 * shared + 0.7 * rng.normal(size=len(table))
            logits = shift * table["label"] - 1 + noise
            table[f"{model}_seed{number}"] = logits.astype(np.float32)
    return table


@pytest.fixture(scope="session")
def make_run(tmp_path_factory):
    """Write the predictions of two training and some OOD experiments; `change` edits a table."""

    def build(change=None, n_ood=4, seeds=2):
        folder = tmp_path_factory.mktemp("predictions")
        files = {}
        names = ["A", "B", *(f"X{number}" for number in range(n_ood))]
        for number, name in enumerate(names):
            role = "in_distribution" if name in "AB" else "ood"
            own = {"A": "expert_A", "B": "expert_B"}.get(name)
            shifts = SHIFTS | ({own: 2.2} if own else {})
            splits = ("validation", "test") if own else ("test",)
            table = make_table(shifts, seeds, splits, number)
            table["pwm"] = np.float32(10) + table["label"] + table["moe_seed0"]
            if change is not None:
                table = change(name, table)
            path = folder / f"{name}.parquet"
            write_parquet(table, path)
            stratum = "-" if own else "cross_family"
            files[ExperimentLabels(name, name.lower(), role, stratum)] = path
        return files

    return build


@pytest.fixture(scope="session")
def make_results(make_run, settings):
    """Evaluate and test a run; the same run is not evaluated twice."""
    known = {}

    def build(change=None, **how):
        key = tuple(sorted(how.items()))
        if change is None and key in known:
            return known[key]
        result = evaluate_models(make_run(change, **how), settings, 1)
        with pytest.MonkeyPatch.context() as patch:
            # the means of simulated runs, less exact than in use, which `test_simulation` tests
            patch.setattr(simulation, "_PILOT", 2_000)
            tests = run_tests(result.metrics, result.comparisons, result.trials, settings, 1)
        if change is None:
            known[key] = result, tests
        return result, tests

    return build
