#!/usr/bin/env bash
# Set up the tools of a drill in build/tools, on top of the packages in .venv.
# Usage: tests/drills/tools.sh GROUP, a dependency group of pyproject.toml
set -euo pipefail

group=$1
main=$PWD/.venv
venv=build/tools/$group
packages=$("$main/bin/python" -c '
import sys, tomllib
with open("pyproject.toml", "rb") as file:
    print(*tomllib.load(file)["dependency-groups"][sys.argv[1]])
' "$group")
if [ "$(cat "$venv/.state" 2>/dev/null)" = "$packages" ]; then
    exit 0
fi
"$main/bin/python" -m venv "$venv"
site=$("$venv/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
"$main/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))' >"$site/main.pth"
# coverage.py needs its plugin in every process that tests start, before the first line of its own file a1_coverage.pth
echo "$PWD/tests/drills/coverage_plugin" >"$site/a0_plugin.pth"
# shellcheck disable=SC2086  # several packages, split on purpose
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check $packages
echo "$packages" >"$venv/.state"
