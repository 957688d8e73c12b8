"""A search of hyper-parameters on validation data: draw settings, train, judge, draw better ones.

Every trial trains one network for each expert, all with the same drawn settings, and is worth the
mean of their best validation AUROCs. Settings are drawn by the tree-structured Parzen estimator
(Bergstra et al. 2011, NeurIPS 24), and a trial in the worst quarter of those before it is ended
early; both are Optuna's (Akiba et al. 2019, arXiv 1907.10902). Networks are judged by the recipe's
`judge_splits`; the split test is never read.
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
"""The seed of the networks, which is the first of the run's."""
STARTUP = 5
"""Trials that have to be complete before any is pruned."""
KEPT = 75.0
"""Per cent of them that a trial may be behind: what is poor for the first expert, which is all that
most are judged by, may be good for others, and half of all would end too many."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Task:
    """What is trained in each trial, but for the settings that are drawn.

    Attributes
    ----------
    members
        The experts, each trained on its own examples.
    negatives
        Negatives of each kind a positive, as the config's ``negatives.training``.
    training
        The section ``training`` as `TrainingSettings.from_section` takes it.
    run_seed
        The run's seed.
    compute
        Device and threads.
    code
        Fingerprint of the code: trials kept by other code are discarded.
    """

    members: list[Member]
    negatives: Mapping[str, float]
    training: Mapping[str, Any]
    run_seed: int
    compute: Compute
    code: str = ""


@dataclass(frozen=True)
class SearchSettings:
    """How long is searched.

    Attributes
    ----------
    trials
        Number of settings that are drawn.
    minutes
        No trial begins after so many minutes of training; `None` for no such end.
    prune_after
        A network trained for more epochs than these ends if its trial is then in the worst quarter
        of the complete ones; `None` ends none.
    """

    trials: int
    minutes: float | None
    prune_after: int | None


@dataclass(frozen=True)
class Outcome:
    """What came of a trial.

    Attributes
    ----------
    number
        From 1.
    state
        ``complete``, ``pruned`` or ``diverged``.
    value
        Mean of the experts' best validation AUROCs; `None` if it is not complete.
    curves
        Of the networks that it trained, in the order of the experts.
    drawn
        The settings by dotted key.
    """

    number: int
    state: str
    value: float | None
    curves: list[Curve]
    drawn: dict[str, Value]


@dataclass
class Course:
    """A trial while it runs.

    Each epoch is reported to Optuna as the sum of the best AUROCs so far over the number of all
    experts: it never falls, and compares trials at the same epoch of the same expert.

    Attributes
    ----------
    trial
        Optuna's.
    experts
        Number of experts.
    epochs
        The most epochs of each.
    prune_after
        As in `SearchSettings`.
    curves
        Those of the experts so far, of which the last is in training.
    """

    trial: Trial
    experts: int
    epochs: int
    prune_after: int | None
    curves: list[Curve] = field(default_factory=list)

    @property
    def number(self) -> int:
        """The number of the trial, from 1."""
        return self.trial.number + 1

    @property
    def value(self) -> float:
        """The sum of the best validation AUROCs so far, over the number of all experts."""
        return sum(max(curve.aurocs, default=0.0) for curve in self.curves) / self.experts

    def begin(self) -> Curve:
        """Begin an expert."""
        self.curves.append(Curve())
        return self.curves[-1]

    def add(self, auroc: float) -> None:
        """Add an epoch; `optuna.TrialPruned` is raised where the trial is to end."""
        aurocs = self.curves[-1].aurocs
        aurocs.append(auroc)
        self._report(len(aurocs))
        late = self.prune_after is not None and len(aurocs) > self.prune_after
        if late and self.trial.should_prune():
            raise optuna.TrialPruned

    def end(self) -> None:
        """End an expert; its best stands for the epochs that an early stop spares."""
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
    """Search hyper-parameters and write all trials and the best settings.

    With the same recipe, data, code and number of threads, the first n trials are the same in every
    search, however often it was killed, and however many trials it has.

    Parameters
    ----------
    task
        What is trained.
    space
        What is drawn.
    settings
        How long is searched.
    state_folder
        Where the journal is kept, also after the end, so that more trials can be asked for.
    trials_path
        Written (TSV), a row a trial: number (from 1), state (``complete``, ``pruned``,
        ``diverged``), value (mean of the experts' best validation AUROCs, for complete trials),
        epochs (of all its networks), and a column for each setting.
    best_path
        Written (YAML): the best settings, as they stand in a config.

    Raises
    ------
    TrainingError
        If every trial diverged.
    TrainingError, InputError, ConfigError
        As `tfmoe.models.training.train_expert`.
    """
    journal = Journal(state_folder, _fingerprint(task, space, settings))
    study = _create_study(settings, task.run_seed)
    outcomes: list[Outcome] = []
    while len(outcomes) < settings.trials and not _time_is_up(outcomes, settings):
        trial = study.ask()
        outcome = _run_trial(trial, task, space, settings, journal)
        # one that diverged counts as pruned: the sampler learns nothing from one that failed
        state = TrialState.COMPLETE if outcome.state == "complete" else TrialState.PRUNED
        study.tell(trial, outcome.value, state)
        outcomes.append(outcome)
        _log(outcome, task.members, settings.trials)
    _write(outcomes, len(task.members), trials_path, best_path)


def _create_study(settings: SearchSettings, run_seed: int) -> optuna.Study:
    # what Optuna warns of goes into the rule's log; what it tells of each trial is told here
    optuna.logging.disable_default_handler()
    optuna.logging.enable_propagation()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    prunes = settings.prune_after is not None
    return optuna.create_study(
        direction="maximize",
        sampler=TPESampler(seed=derive_seed(run_seed, "search") % 2**32),
        pruner=PercentilePruner(KEPT, n_startup_trials=STARTUP) if prunes else NopPruner(),
    )


def _time_is_up(outcomes: list[Outcome], settings: SearchSettings) -> bool:
    seconds = sum(curve.seconds for outcome in outcomes for curve in outcome.curves)
    return settings.minutes is not None and seconds >= 60 * settings.minutes


def _run_trial(
    trial: Trial, task: Task, space: list[Setting], settings: SearchSettings, journal: Journal
) -> Outcome:
    """Train all experts with settings drawn, but for those that the journal has."""
    drawn = {setting.key: _draw(trial, setting) for setting in space}
    training = with_settings(task.training, drawn)
    course = Course(trial, len(task.members), training["epochs"], settings.prune_after)
    state, value = "complete", None
    try:
        for member in task.members:
            kept = journal.find(course.number, member.name)
            if kept is None:
                _train(course, member, task, training, journal)
            else:
                _replay(course, kept)
            course.end()
        value = course.value
    except optuna.TrialPruned:
        state = "pruned"
    except DivergenceError as error:
        logger.info("%s", error)
        state = "diverged"
    return Outcome(course.number, state, value, course.curves, drawn)


def _draw(trial: Trial, setting: Setting) -> Value:
    """Draw a setting; a float is rounded to four digits, so that it can be written down."""
    if setting.choices is not None:
        return trial.suggest_categorical(setting.key, setting.choices)
    low, high = setting.low, setting.high
    if setting.whole:
        return trial.suggest_int(setting.key, int(low), int(high), log=setting.log)
    value = trial.suggest_float(setting.key, low, high, log=setting.log)
    return min(max(float(f"{value:.4g}"), low), high)


def _train(
    course: Course, member: Member, task: Task, training: Mapping[str, Any], journal: Journal
) -> None:
    """Train an expert and keep its curve, unless something ends it that is no result."""
    curve, begin = course.begin(), time.monotonic()
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
                on_epoch=course.add,
            )
    except (optuna.TrialPruned, DivergenceError) as error:
        ended = error
    curve.diverged = isinstance(ended, DivergenceError)
    curve.seconds = time.monotonic() - begin
    journal.add(course.number, member.name, curve)
    if ended is not None:
        raise ended


def _replay(course: Course, kept: Curve) -> None:
    """Go through a network that was trained before, epoch by epoch."""
    curve = course.begin()
    curve.seconds, curve.diverged = kept.seconds, kept.diverged
    for auroc in kept.aurocs:
        course.add(auroc)
    if kept.diverged:
        raise DivergenceError(f"search: trial {course.number} diverged")


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


def _write(
    outcomes: list[Outcome], experts: int, trials_path: Pathlike, best_path: Pathlike
) -> None:
    complete = [(outcome.value, outcome) for outcome in outcomes if outcome.value is not None]
    if not complete:
        raise TrainingError(
            f"search: all of {len(outcomes)} trials diverged; lower the learning rates in "
            "search.space"
        )
    value, best = max(complete, key=lambda pair: pair[0])
    of = f"trial {best.number} of {len(outcomes)}, mean validation AUROC {value:.4f}"
    content = yaml.safe_dump({"training": with_settings({}, best.drawn)}, sort_keys=False)
    write_text(f"# {of}, experts: {experts}\n{content}", best_path)
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
    logger.info("search: the best is %s", of)
