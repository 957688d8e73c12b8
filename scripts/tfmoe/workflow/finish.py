"""When a run is expected to finish, from the time that its finished jobs took.

A job is expected to take as long as finished jobs of its rule with as many inputs. Where there are
none, its time grows with the number of inputs, as that of a network with the sets that it is
trained on. For rules of which no job is finished, the times are those of earlier runs, times the
ratio of this run's times to theirs. The jobs left are then scheduled as Snakemake would: each job
starts when the jobs that it needs have ended and a slot is free. Waiting times between jobs, such
as those in the queue of a cluster, enter by the ratio of the time passed to that of a schedule of
the jobs so far.
"""

from __future__ import annotations

import heapq
from collections.abc import Mapping, Sequence
from statistics import fmean, median

from tfmoe.workflow.planned_jobs import PlannedJob

UNKNOWN = 10.0
"""Seconds of a job of which nothing is known, not even of any other job."""


def expected_seconds(
    jobs: Sequence[PlannedJob], taken: Mapping[int, float], earlier: Mapping[str, float]
) -> list[float]:
    """Return the seconds that each job is expected to take.

    Parameters
    ----------
    jobs
        The jobs.
    taken
        Seconds of the finished jobs, by place.
    earlier
        Seconds per job of each rule in earlier runs.
    """
    known = [place for place in taken if jobs[place].rule in earlier]
    before = sum(earlier[jobs[place].rule] for place in known)
    ratio = sum(taken[place] for place in known) / before if before else 1.0
    usual = median([*(seconds * ratio for seconds in earlier.values()), *taken.values(), UNKNOWN])
    alike: dict[tuple[str, int], list[float]] = {}
    per_input: dict[str, list[float]] = {}
    for place, seconds in taken.items():
        job = jobs[place]
        alike.setdefault((job.rule, job.inputs), []).append(seconds)
        per_input.setdefault(job.rule, []).append(seconds / max(1, job.inputs))
    expected = []
    for job in jobs:
        if (job.rule, job.inputs) in alike:
            expected.append(fmean(alike[job.rule, job.inputs]))
        elif job.rule in per_input:
            expected.append(fmean(per_input[job.rule]) * max(1, job.inputs))
        else:
            expected.append(earlier[job.rule] * ratio if job.rule in earlier else usual)
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
