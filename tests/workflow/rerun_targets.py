"""Changes after a finished, simulated run of all targets; see `tests.workflow.rerun_cases`."""

from __future__ import annotations

from tests.workflow.rerun_cases import DATA, MAPS, NOTHING, TRAINED, Case, code, config

TARGETS = (
    "all", "data", "scan", "search", "development", "ablations", "attribution_study",
    "paper_figures", "strong",
)  # fmt: skip
SETTINGS = {
    "run": "small",
    "experiments": "experiments.tsv",
    "simulation": {"chromosomes": 5, "chromosome_length": 20_000},
    "genome": {"assembly": "simulated", "fasta": "simulated"},
    "splits": {"test": ["sim1"], "validation": ["sim2"], "gate": ["sim3"]},
    "training": {"seeds": 2, "epochs": 2, "minimum_positives": 5},
    "recipes": {"strong": {"training": {"epochs": 3}}},
    "ablations": {"plain": {"mixture": {"uniform_penalty": 0.5}}},
    "attribution": {"study": {"seeds": 1}},
    "scan": {"factors": ["GATA3"]},
}
OWN = (*DATA, *TRAINED, *MAPS, "predict", "evaluate_models")
SIMULATED = (
    Case("nothing", lambda folder: None, (), NOTHING),
    Case(
        "seed of the simulation",
        config(simulation={"seed": 2}),
        ("simulate_genome", "prepare_genome", *DATA, *TRAINED, "recover_planted"),
        ("export_jaspar",),
    ),
    Case(
        "another factor to scan for",
        config(scan={"factors": ["GATA3", "CTCF"]}),
        ("scan_chromosome:CTCF", "join_scan:CTCF"),
        (*OWN, "write_model", "list_scanned", "scan_chromosome:GATA3", "join_scan:GATA3"),
    ),
    Case(
        "stride of the scan",
        config(scan={"stride": 5}),
        ("scan_chromosome:sim1", "join_scan:GATA3"),
        (*OWN, "write_model", "list_scanned"),
    ),
    Case(
        "precision of the scan",
        config(scan={"precision": 0.8}),
        ("scan_chromosome:sim1",),
        (*OWN, "write_model", "list_scanned"),
    ),
    Case(
        "the list of scanned chromosomes",
        code("list_scanned.py"),
        ("list_scanned",),
        (*OWN, "write_model"),
    ),
    Case(
        "seeds of the development proxy",
        config(development={"seeds": 2}),
        ("fit_mixture_without:1", "score_development", "gather_development"),
        (
            *(*DATA, *MAPS, "fit_gkm", "fit_mixture:0", "train_expert:0", "fit_mixture_without:0"),
            *("predict", "evaluate_models", "write_model"),
        ),
    ),
    Case(
        "an ablation",
        config(ablations={"plain": {"mixture": {"uniform_penalty": 0.4}}}),
        ("score_development:plain", "gather_ablations", "draw_ablations"),
        (
            *(*DATA, *MAPS, "train_expert", "fit_gkm", "fit_mixture:default", "predict"),
            *("evaluate_models", "write_model", "score_development:tfmoe", "gather_development"),
        ),
    ),
    Case(
        "a recipe",
        config(recipes={"strong": {"training": {"epochs": 4}}}),
        ("train_expert:strong", "predict_recipe:strong", "evaluate_recipe", "compare_recipe"),
        (*DATA, "train_expert:tfmoe", "fit_gkm", "predict", "evaluate_models", "write_model"),
    ),
    Case(
        "search space",
        config(search={"space": {"dropout": {"choices": [0.1, 0.2]}}}),
        ("search_settings",),
        (*OWN, "write_model"),
    ),
    Case(
        "sequences of the study of attribution",
        config(attribution={"study": {"sequences": 40}}),
        ("study_attribution", "gather_study"),
        (*OWN, "write_model", "localise_attribution"),
    ),
    Case(
        "threshold of matrix hits",
        config(attribution={"localisation": {"p_value": 0.001}}),
        ("localise_attribution",),
        (*OWN, "write_model"),
    ),
    Case("a figure of the paper", code("draw_paper.py"), ("draw_paper",), (*OWN, "write_model")),
)
