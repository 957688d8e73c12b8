"""The expected finish of a run."""

import pytest

from tfmoe.workflow.finish import (
    UNKNOWN,
    Fit,
    expected_seconds,
    fit_earlier,
    left_of,
    makespan,
    seconds_left,
)
from tfmoe.workflow.planned_jobs import PlannedJob


def job(rule: str, *needs: int, inputs: int = 1, threads: int = 1) -> PlannedJob:
    return PlannedJob(rule, "models", "a.log", "a.tsv", inputs, threads, list(needs))


RULES = [job(name) for name in "abcdefgh"]
EARLIER = dict(zip("abcdefgh", (1.0, 2.0, 4.0, 10.0, 20.0, 50.0, 100.0, 300.0), strict=True))


def test_jobs_take_as_long_as_the_median_of_alike_ones():
    jobs = [*[job("train")] * 4, job("train", inputs=3), job("predict")]
    found = expected_seconds(jobs, {0: 10.0, 1: 999.0, 2: 20.0, 4: 90.0}, {})
    assert found[3:5] == [20.0, 90.0]


def test_time_grows_with_inputs_where_no_alike_job_is_done():
    jobs = [job("train"), job("train", inputs=3), job("train", inputs=0)]
    assert expected_seconds(jobs, {0: 10.0}, {}) == [10.0, 30.0, 10.0]


def test_a_start_does_not_grow_with_inputs():
    jobs = [*RULES, job("a", inputs=9)]
    taken = {place: 16.0 + EARLIER[job.rule] / 8 for place, job in enumerate(RULES)}
    assert expected_seconds(jobs, taken, EARLIER)[8] == pytest.approx(16.0 + 9 / 8)


@pytest.mark.parametrize("start", [0.0, 16.0])
@pytest.mark.parametrize("multiple", [0.125, 1.0, 8.0])
def test_start_and_multiple_are_found(start: float, multiple: float):
    taken = {place: start + multiple * EARLIER[job.rule] for place, job in enumerate(RULES)}
    assert fit_earlier(RULES, taken, EARLIER) == Fit(start, pytest.approx(multiple))


def test_the_multiple_stays_until_several_rules_are_done():
    assert expected_seconds(RULES, {}, EARLIER) == list(EARLIER.values())
    assert fit_earlier(RULES, {3: 20.0}, EARLIER).multiple == 1.0, "one rule leaves it as it is"


def test_neither_a_long_job_nor_many_jobs_of_a_rule_dominate():
    taken = {place: EARLIER[job.rule] for place, job in enumerate(RULES)}
    assert fit_earlier(RULES, {**taken, 6: 9000.0}, EARLIER) == Fit(0.0, 1.0)
    many = [*[job("a")] * 100, *RULES]
    times = {place: 30.0 if place < 100 else EARLIER[many[place].rule] for place in range(108)}
    assert fit_earlier(many, times, EARLIER) == Fit(0.0, 1.0)


def test_recent_jobs_weigh_more():
    rules = [job(f"{name}{number}") for name in "xy" for number in range(20)]
    earlier = {job.rule: 1.0 + place for place, job in enumerate(rules)}
    times = [earlier[job.rule] * (8.0 if job.rule[0] == "x" else 1.0) for job in rules]
    last_fast = dict(enumerate(times))
    last_slow = dict(sorted(last_fast.items(), reverse=True))
    fast, slow = (fit_earlier(rules, taken, earlier) for taken in (last_fast, last_slow))
    assert fast.seconds(20.0) == pytest.approx(20.0)
    assert slow.seconds(20.0) > 80.0


def test_a_rule_without_any_time_takes_a_usual_one():
    assert expected_seconds([job("draw")], {}, {}) == [UNKNOWN]
    assert expected_seconds([job("draw")], {}, {"train": 20.0, "predict": 30.0}) == [25.0]


@pytest.mark.parametrize(
    ("expected", "elapsed", "share", "left"),
    [
        (100.0, 20.0, None, 80.0),
        (100.0, 150.0, None, 10.0),
        # half of the epochs took 40 s, so that the rest takes at most 40 s
        (100.0, 40.0, 0.5, 40.0),
        # it may stop early, as others did
        (60.0, 40.0, 0.5, 20.0),
        (30.0, 40.0, 0.5, 40.0),
        (100.0, 40.0, 1.0, 0.0),
        # the log does not have the time of the start
        (100.0, 0.0, 0.5, 100.0),
    ],
)
def test_what_is_left_of_a_running_job(expected, elapsed, share, left):
    assert left_of(expected, elapsed, share) == left


def test_jobs_are_scheduled_on_the_slots_in_the_order_of_their_needs():
    jobs = [job("a"), job("b"), job("c", 0, 1), job("d", 2)]
    seconds = {0: 3.0, 1: 5.0, 2: 2.0, 3: 1.0}
    assert makespan(jobs, seconds, 1) == 11.0
    assert makespan(jobs, seconds, 2) == 8.0
    assert makespan(jobs, {2: 2.0, 3: 1.0}, 2) == 3.0, "needs that are not listed are done"
    assert makespan(jobs, {}, 2) == 0.0


def test_a_job_takes_its_threads_and_at_most_all_slots():
    jobs = [job("a", threads=2), job("b"), job("c", threads=9)]
    assert makespan(jobs, {0: 3.0, 1: 3.0}, 2) == 6.0
    assert makespan(jobs, {0: 3.0, 1: 3.0}, 3) == 3.0
    assert makespan(jobs, {2: 4.0}, 2) == 4.0


def test_waiting_between_jobs_lengthens_what_is_left():
    jobs = [job("a"), job("a", 0), job("a", 1)]
    expected = [10.0, 10.0, 10.0]
    assert seconds_left(jobs, {0: 10.0}, {}, expected, 1, 10.0) == 20.0
    assert seconds_left(jobs, {0: 10.0}, {}, expected, 1, 15.0) == 30.0, "5 s before each job"
    running = {1: (4.0, 6.0)}
    assert seconds_left(jobs, {0: 10.0}, running, expected, 1, 14.0) == 16.0
    assert seconds_left(jobs, {}, {}, expected, 1, 99.0) == 30.0
