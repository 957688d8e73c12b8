"""When a run is expected to finish, from the time that its finished jobs took.

A job is expected to take as long as finished jobs of its rule with as many inputs. Where there are
none, its time beyond a fixed start grows with the number of inputs, as that of a network with the
sets that it is trained on. For rules of which no job is finished, the times are those of earlier
runs, fitted to this run: a fixed start, which dominates in small runs and on busy machines, and a
multiple of the earlier time. The jobs left are then scheduled as Snakemake would: each job starts
when the jobs that it needs have ended and a slot is free. Waiting times between jobs, such as those
in the queue of a cluster, enter by the ratio of the time passed to that of a schedule of the jobs
so far.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from statistics import median

from tfmoe.workflow.planned_jobs import PlannedJob

UNKNOWN = 10.0
"""Seconds of a job of which nothing is known, not even of any other job."""
# The constants were chosen by replaying nine recorded runs, also five times as fast and as slow.
_HALF = 10
"""Number of later jobs after which a rule counts half in the fit, since the load changes."""
_PULL = 1.0
"""Pull of the fit to the earlier times: misfit of one rule that outweighs a factor of e."""
_START_PULL = 0.5
"""The same for the start: misfit that outweighs e - 1 seconds."""
_STARTS = (0.0, *(2 ** (power / 2) for power in range(-2, 20)))
_MULTIPLES = tuple(2 ** (power / 2) for power in range(-14, 15))
_SHORTEST = 0.1


@dataclass(frozen=True)
class Fit:
    """How times of earlier runs become times of this one: ``start + multiple * earlier``.

    Attributes
    ----------
    start
        Seconds that every job takes.
    multiple
        Multiple of the earlier time.
    """

    start: float
    multiple: float

    def seconds(self, earlier: float) -> float:
        """Return the expected seconds of a job from its seconds in earlier runs."""
        return max(_SHORTEST, self.start + self.multiple * earlier)


def fit_earlier(
    jobs: Sequence[PlannedJob], taken: Mapping[int, float], earlier: Mapping[str, float]
) -> Fit:
    """Fit the times of earlier runs to those of this run's finished jobs.

    Each rule counts once, by the median of its jobs, so that no rule with many jobs and no long job
    dominates; errors are those of logarithms, and recent rules weigh more. With few rules, the fit
    stays near the earlier times. The best pair of a grid is taken.

    Parameters
    ----------
    jobs, taken, earlier
        As for `expected_seconds`.
    """
    newest = [place for place in reversed(list(taken)) if jobs[place].rule in earlier]
    times: dict[str, list[float]] = {}
    weights: dict[str, float] = {}
    for age, place in enumerate(newest):
        times.setdefault(jobs[place].rule, []).append(taken[place])
        weights.setdefault(jobs[place].rule, 0.5 ** (age / _HALF))
    points = [
        (earlier[rule], math.log(max(_SHORTEST, median(found))), weights[rule])
        for rule, found in times.items()
    ]

    def misfit(fit: Fit) -> float:
        pull = _PULL * abs(math.log(fit.multiple)) + _START_PULL * math.log1p(fit.start)
        return pull + sum(w * abs(math.log(fit.seconds(before)) - y) for before, y, w in points)

    return min((Fit(*pair) for pair in product(_STARTS, _MULTIPLES)), key=misfit)


def expected_seconds(
    jobs: Sequence[PlannedJob], taken: Mapping[int, float], earlier: Mapping[str, float]
) -> list[float]:
    """Return the seconds that each job is expected to take.

    Parameters
    ----------
    jobs
        The jobs.
    taken
        Seconds of the finished jobs, by place, in the order in which they ended.
    earlier
        Seconds per job of each rule in earlier runs.
    """
    fit = fit_earlier(jobs, taken, earlier)
    usual = median(earlier.values()) if earlier else UNKNOWN
    alike: dict[tuple[str, int], list[float]] = {}
    of_rule: dict[str, list[tuple[float, float]]] = {}
    for place, seconds in taken.items():
        job = jobs[place]
        start = min(fit.start, seconds)
        alike.setdefault((job.rule, job.inputs), []).append(seconds)
        per_input = (seconds - start) / max(1, job.inputs)
        of_rule.setdefault(job.rule, []).append((start, per_input))
    expected = []
    for job in jobs:
        if (job.rule, job.inputs) in alike:
            expected.append(median(alike[job.rule, job.inputs]))
        elif job.rule in of_rule:
            start, per_input = map(median, zip(*of_rule[job.rule], strict=True))
            expected.append(start + per_input * max(1, job.inputs))
        else:
            expected.append(fit.seconds(earlier.get(job.rule, usual)))
    return expected


def left_of(expected: float, elapsed: float, share: float | None) -> float:
    """Return the seconds that are left of a running job.

    Parameters
    ----------
    expected, elapsed
        Its expected and its elapsed seconds.
    share
        Share of its epochs that is done, if it is a training. The rest takes at most as long as
        this pace foretells, since a training may stop early.
    """
    by_time = expected - elapsed
    if share and elapsed:
        by_epochs = elapsed * (1 - share) / share
        return by_epochs if by_time <= 0 else min(by_time, by_epochs)
    # a job that takes longer than expected may end at any moment
    return max(by_time, 0.1 * expected)


def makespan(jobs: Sequence[PlannedJob], seconds: Mapping[int, float], slots: int) -> float:
    """Return the seconds in which some of the jobs are done, one starting as soon as it can.

    Parameters
    ----------
    jobs
        All jobs.
    seconds
        Seconds of those to schedule, by place; the others count as done.
    slots
        Slots for jobs at a time.
    """
    waiting = {place: sum(need in seconds for need in jobs[place].needs) for place in seconds}
    followers: dict[int, list[int]] = {}
    for place in seconds:
        for need in jobs[place].needs:
            followers.setdefault(need, []).append(place)
    ready = sorted(place for place, number in waiting.items() if not number)
    running: list[tuple[float, int]] = []
    now, free = 0.0, slots
    while ready or running:
        started = []
        for place in ready:
            # a job that takes more slots than there are runs alone
            if min(jobs[place].threads, slots) <= free:
                free -= min(jobs[place].threads, slots)
                heapq.heappush(running, (now + seconds[place], place))
                started.append(place)
        ready = [place for place in ready if place not in set(started)]
        now, ended = heapq.heappop(running)
        free += min(jobs[ended].threads, slots)
        for place in followers.get(ended, ()):
            waiting[place] -= 1
            if not waiting[place]:
                ready.append(place)
    return now


def seconds_left(
    jobs: Sequence[PlannedJob],
    taken: Mapping[int, float],
    running: Mapping[int, tuple[float, float]],
    expected: Sequence[float],
    slots: int,
    passed: float,
) -> float:
    """Return the seconds until the last job ends.

    Parameters
    ----------
    jobs, taken, expected, slots
        As above.
    running
        Elapsed seconds of the running jobs and the seconds that are left of them, by place.
    passed
        Seconds since the start of the run.
    """
    so_far = {**taken, **{place: elapsed for place, (elapsed, _) in running.items()}}
    left = {place: expected[place] for place in range(len(jobs)) if place not in taken}
    left |= {place: rest for place, (_, rest) in running.items()}
    scheduled = makespan(jobs, so_far, slots)
    waiting = max(1.0, passed / scheduled) if taken and scheduled else 1.0
    return waiting * makespan(jobs, left, slots)
