#!/usr/bin/env bash
# Run all tests with coverage.py, and report the lines that ran, of scripts and package.
# Usage: tests/drills/coverage.sh PYTHON, one that has coverage.py
set -euo pipefail

python=$1
export PATH=$PWD/.venv/bin:$PATH
rm -rf build/coverage
mkdir -p build/coverage
# a process per group of tests, so that an interrupted run leaves the data of the complete ones
failed=0
for tests in tests/unit/* tests/properties tests/security tests/faults tests/workflow; do
    [ -d "$tests" ] || continue
    "$python" -m coverage run -m pytest -q "$tests" || failed=1
done
"$python" -m coverage combine --quiet
"$python" -m coverage report --sort=cover --fail-under=92 || failed=1
exit $failed
