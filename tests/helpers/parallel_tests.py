"""Distribution of the tests over processes, by file.

The option `--dist loadgroup` of pytest-xdist 3.8 ignores its groups under pytest 9.2.
"""

from __future__ import annotations

from typing import Any

SMALL_RUN = ("tests/workflow/test_end_to_end.py", "tests/workflow/test_model.py")
"""Files that share the fixture `small`, a whole run of the pipeline, which one process makes."""
ORDER = ("workflow", "faults")


def group(test: str) -> str:
    """Return the group of a test, which one process runs: its file or `SMALL_RUN`."""
    file = test.split("::")[0]
    return "small run" if file in SMALL_RUN else file


def rank(test: str) -> int:
    """Return the place of a test in the order of work: long groups first."""
    if group(test) == "small run":
        return 0
    folder = test.split("/")[1]
    return 1 + (ORDER.index(folder) if folder in ORDER else len(ORDER))


def make_scheduler(config: Any, log: Any) -> Any:
    """Return a scheduler of pytest-xdist that gives a group to a process."""
    from xdist.scheduler import LoadScopeScheduling

    class Groups(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return group(nodeid)

    return Groups(config, log)
