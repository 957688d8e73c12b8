"""The expected finish of a run."""

import pytest

from tfmoe.workflow.finish import UNKNOWN, expected_seconds, left_of, makespan, seconds_left
from tfmoe.workflow.planned_jobs import PlannedJob


def job(rule: str, *needs: int, inputs: int = 1, threads: int = 1) -> PlannedJob:
    return PlannedJob(rule, "models", "a.log", "a.tsv", inputs, threads, list(needs))


def test_jobs_take_as_long_as_finished_ones_of_their_rule_with_as_many_inputs():
    jobs = [job("train"), job("train"), job("train", inputs=3), job("train"), job("predict")]
    found = expected_seconds(jobs, {0: 10.0, 1: 20.0, 2: 90.0}, {})
    assert found[2:4] == [90.0, 15.0]


def test_time_grows_with_inputs_where_no_alike_job_is_done():
    jobs = [job("train"), job("train", inputs=3), job("train", inputs=0)]
    assert expected_seconds(jobs, {0: 10.0}, {}) == [10.0, 30.0, 10.0]


def test_times_of_earlier_runs_are_calibrated_by_the_jobs_that_are_done():
    jobs = [job("train"), job("predict"), job("draw")]
    earlier = {"train": 10.0, "predict": 4.0}
    assert expected_seconds(jobs, {}, earlier)[:2] == [10.0, 4.0]
    assert expected_seconds(jobs, {0: 25.0}, earlier)[:2] == [25.0, 10.0]


def test_a_rule_without_any_time_takes_a_usual_one():
    assert expected_seconds([job("draw")], {}, {}) == [UNKNOWN]
    assert expected_seconds([job("draw")], {}, {"train": 20.0, "predict": 30.0}) == [20.0]


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
