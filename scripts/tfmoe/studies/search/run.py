"""Search for hyper-parameters on validation data.

Each trial draws settings, trains one network per expert with them, and is scored by the mean of the
networks' best validation AUROCs. The tree-structured Parzen estimator (Bergstra et al. 2011,
NeurIPS 24) draws settings, and trials in the worst quarter are pruned; both are implemented by
Optuna (Akiba et al. 2019, arXiv 1907.10902). Networks are evaluated on the recipe's `judge_splits`;
the test split is never read.
"""

from __future__ import annotations

import json
import logging
import tempfile
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import optuna
import pandas as pd
import yaml
from optuna.pruners import NopPruner, PercentilePruner
from optuna.samplers import TPESampler
from optuna.trial import Trial, TrialState

from tfmoe.core.errors import DivergenceError, TrainingError
from tfmoe.core.files import Pathlike, write_text, write_tsv
from tfmoe.core.seeds import derive_seed
from tfmoe.models.device import Compute, resolve_device
from tfmoe.models.training import train_expert
from tfmoe.models.training_data import Member
from tfmoe.models.training_settings import TrainingSettings
from tfmoe.models.training_state import digest
from tfmoe.studies.search.journal import Curve, Journal
from tfmoe.studies.search.space import Setting, Value, with_settings

SEED = 0
"""Training seed of the networks, the first of the run."""
STARTUP = 5
"""Number of trials that are completed before any trial is pruned."""
PRUNING_PERCENTILE = 75.0
"""Per cent of the complete trials that may be better than a trial that continues. Most decisions
depend on the first expert only, and settings that are poor for it may be good for others, so the
median would prune too many trials."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Task:
    """Training task of every trial, without the drawn settings.

    Attributes
    ----------
    members
        The experts, each trained on its own examples.
    negatives
        Number of negatives per positive by kind, ``negatives.training`` of the config.
    training
        Section ``training``, as accepted by `TrainingSettings.from_section`.
    run_seed
        Seed of the run.
    compute
        Device and threads.
    code
        Fingerprint of the code; trials from other code are discarded.
    """

    members: list[Member]
    negatives: Mapping[str, float]
    training: Mapping[str, Any]
    run_seed: int
    compute: Compute
    code: str = ""


@dataclass(frozen=True)
class SearchSettings:
    """Length of the search.

    Attributes
    ----------
    trials
        Number of trials.
    minutes
        Minutes of training after which no further trial begins; `None` for no limit.
    prune_after
        Number of epochs of a network after which its trial is pruned if it is in the worst quarter
        of the complete trials; `None` disables pruning.
    """

    trials: int
    minutes: float | None
    prune_after: int | None


@dataclass(frozen=True)
class Outcome:
    """Outcome of a trial.

    Attributes
    ----------
    number
        Number of the trial, from 1.
    state
        ``complete``, ``pruned`` or ``diverged``.
    value
        Mean of the experts' best validation AUROCs; `None` if the trial is not complete.
    curves
        Curves of the trained networks, in the order of the experts.
    drawn
        Drawn settings by dotted key.
    """

    number: int
    state: str
    value: float | None
    curves: list[Curve]
    drawn: dict[str, Value]


@dataclass
class RunningTrial:
    """A trial while its networks are trained.

    After each epoch, the sum of the experts' best AUROCs so far, divided by the number of experts,
    is reported to Optuna. It never decreases, and Optuna compares trials at the same epoch of the
    same expert.

    Attributes
    ----------
    trial
        Trial of Optuna.
    experts
        Number of experts.
    epochs
        Maximum number of epochs per expert.
    prune_after
        See `SearchSettings`.
    curves
        Curves of the experts so far; the last expert is in training.
    """

    trial: Trial
    experts: int
    epochs: int
    prune_after: int | None
    curves: list[Curve] = field(default_factory=list)

    @property
    def number(self) -> int:
        """Number of the trial, from 1."""
        return self.trial.number + 1

    @property
    def value(self) -> float:
        """Sum of the best validation AUROCs so far, divided by the number of experts."""
        return sum(max(curve.aurocs, default=0.0) for curve in self.curves) / self.experts

    def begin(self) -> Curve:
        """Begin the curve of the next expert."""
        self.curves.append(Curve())
        return self.curves[-1]

    def add(self, auroc: float) -> None:
        """Add an epoch; raise `optuna.TrialPruned` if the trial should be pruned."""
        aurocs = self.curves[-1].aurocs
        aurocs.append(auroc)
        self._report(len(aurocs))
        late = self.prune_after is not None and len(aurocs) > self.prune_after
        if late and self.trial.should_prune():
            raise optuna.TrialPruned

    def end(self) -> None:
        """End the curve of an expert; after early stopping, report its best for missing epochs."""
        for epoch in range(len(self.curves[-1].aurocs), self.epochs):
            self._report(epoch + 1)

    def _report(self, epoch: int) -> None:
        self.trial.report(self.value, (len(self.curves) - 1) * self.epochs + epoch)


def search_settings(
    task: Task,
    space: list[Setting],
    settings: SearchSettings,
    state_folder: Pathlike,
    trials_path: Pathlike,
    best_path: Pathlike,
) -> None:
    """Search for hyper-parameters; write all trials and the best settings.

    With the same recipe, data, code and number of threads, the first n trials of every search are
    identical, regardless of interruptions and of the total number of trials.

    Parameters
    ----------
    task
        Training task of every trial.
    space
        Hyper-parameters that are drawn.
    settings
        Length of the search.
    state_folder
        Folder of the journal, which is kept after the end so that trials can be added later.
    trials_path
        Output (TSV) with one row per trial: number (from 1), state (``complete``, ``pruned``,
        ``diverged``), value (mean of the experts' best validation AUROCs, for complete trials),
        epochs (of all its networks), and one column per setting.
    best_path
        Output (YAML): the best settings, in the format of a config.

    Raises
    ------
    TrainingError
        If every trial diverged.
    TrainingError, InputError, ConfigError
        See `tfmoe.models.training.train_expert`.
    """
    journal = Journal(state_folder, _fingerprint(task, space, settings))
    study = _create_study(settings, task.run_seed)
    outcomes: list[Outcome] = []
    while len(outcomes) < settings.trials and not _time_is_up(outcomes, settings):
        trial = study.ask()
        outcome = _run_trial(trial, task, space, settings, journal)
        # count diverged trials as pruned, because the sampler ignores failed trials
        state = TrialState.COMPLETE if outcome.state == "complete" else TrialState.PRUNED
        study.tell(trial, outcome.value, state)
        outcomes.append(outcome)
        _log(outcome, task.members, settings.trials)
    _write_results(outcomes, len(task.members), trials_path, best_path)


def _create_study(settings: SearchSettings, run_seed: int) -> optuna.Study:
    # pass Optuna's warnings on to the log of the rule; each trial is logged by this module
    optuna.logging.disable_default_handler()
    optuna.logging.enable_propagation()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    prunes = settings.prune_after is not None
    return optuna.create_study(
        direction="maximize",
        sampler=TPESampler(seed=derive_seed(run_seed, "search") % 2**32),
        pruner=PercentilePruner(PRUNING_PERCENTILE, n_startup_trials=STARTUP)
        if prunes
        else NopPruner(),
    )


def _time_is_up(outcomes: list[Outcome], settings: SearchSettings) -> bool:
    seconds = sum(curve.seconds for outcome in outcomes for curve in outcome.curves)
    return settings.minutes is not None and seconds >= 60 * settings.minutes


def _run_trial(
    trial: Trial, task: Task, space: list[Setting], settings: SearchSettings, journal: Journal
) -> Outcome:
    """Train all experts with the drawn settings, except those in the journal."""
    drawn = {setting.key: _draw(trial, setting) for setting in space}
    training = with_settings(task.training, drawn)
    running = RunningTrial(trial, len(task.members), training["epochs"], settings.prune_after)
    state, value = "complete", None
    try:
        for member in task.members:
            kept = journal.find(running.number, member.name)
            if kept is None:
                _train(running, member, task, training, journal)
            else:
                _replay(running, kept)
            running.end()
        value = running.value
    except optuna.TrialPruned:
        state = "pruned"
    except DivergenceError as error:
        logger.info("%s", error)
        state = "diverged"
    return Outcome(running.number, state, value, running.curves, drawn)


def _draw(trial: Trial, setting: Setting) -> Value:
    """Draw a setting; round floats to four significant digits for the table and the config."""
    if setting.choices is not None:
        return trial.suggest_categorical(setting.key, setting.choices)
    low, high = setting.low, setting.high
    if setting.whole:
        return trial.suggest_int(setting.key, int(low), int(high), log=setting.log)
    value = trial.suggest_float(setting.key, low, high, log=setting.log)
    return min(max(float(f"{value:.4g}"), low), high)


def _train(
    running: RunningTrial,
    member: Member,
    task: Task,
    training: Mapping[str, Any],
    journal: Journal,
) -> None:
    """Train an expert and add its curve to the journal, even if it is pruned or diverges."""
    curve, begin = running.begin(), time.monotonic()
    ended: Exception | None = None
    try:
        with tempfile.TemporaryDirectory() as folder:
            train_expert(
                member.name,
                [member],
                None,
                task.negatives,
                TrainingSettings.from_section(training),
                task.run_seed,
                SEED,
                task.compute,
                folder,
                on_epoch=running.add,
            )
    except (optuna.TrialPruned, DivergenceError) as error:
        ended = error
    curve.diverged = isinstance(ended, DivergenceError)
    curve.seconds = time.monotonic() - begin
    journal.add(running.number, member.name, curve)
    if ended is not None:
        raise ended


def _replay(running: RunningTrial, kept: Curve) -> None:
    """Report the epochs of a network from the journal."""
    curve = running.begin()
    curve.seconds, curve.diverged = kept.seconds, kept.diverged
    for auroc in kept.aurocs:
        running.add(auroc)
    if kept.diverged:
        raise DivergenceError(f"search: trial {running.number} diverged")


def _fingerprint(task: Task, space: list[Setting], settings: SearchSettings) -> dict[str, str]:
    searched = [dict(task.training), dict(task.negatives), [asdict(setting) for setting in space]]
    names = [member.name for member in task.members]
    files = [path.read_bytes() for member in task.members for path in member.sequences.values()]
    return {
        "settings": digest(json.dumps([searched, settings.prune_after, task.run_seed]).encode()),
        "data": digest(json.dumps(names).encode(), *files),
        "code": f"{task.code}, Optuna {optuna.__version__}",
        "device or threads": f"{resolve_device(task.compute.device).type}, {task.compute.threads}",
    }


def _log(outcome: Outcome, members: list[Member], trials: int) -> None:
    drawn = [f"{key} {value}" for key, value in outcome.drawn.items()]
    aurocs = [
        f"{member.name} {max(curve.aurocs, default=0.0):.4f}"
        for member, curve in zip(members, outcome.curves, strict=False)
    ]
    logger.info(
        "search: trial %d of %d: %s: %s, validation AUROC %s%s",
        outcome.number,
        trials,
        ", ".join(drawn),
        outcome.state,
        ", ".join(aurocs),
        "" if outcome.value is None else f", mean {outcome.value:.4f}",
    )


def _write_results(
    outcomes: list[Outcome], experts: int, trials_path: Pathlike, best_path: Pathlike
) -> None:
    complete = [(outcome.value, outcome) for outcome in outcomes if outcome.value is not None]
    if not complete:
        raise TrainingError(
            f"search: all {len(outcomes)} trials diverged; lower the learning rates in search.space"
        )
    value, best = max(complete, key=lambda pair: pair[0])
    label = f"trial {best.number} of {len(outcomes)}, mean validation AUROC {value:.4f}"
    content = yaml.safe_dump({"training": with_settings({}, best.drawn)}, sort_keys=False)
    write_text(f"# {label}, experts: {experts}\n{content}", best_path)
    rows = [
        {
            "number": outcome.number,
            "state": outcome.state,
            "value": outcome.value,
            "epochs": sum(len(curve.aurocs) for curve in outcome.curves),
            **outcome.drawn,
        }
        for outcome in outcomes
    ]
    write_tsv(pd.DataFrame(rows), trials_path)
    logger.info("search: best: %s", label)
