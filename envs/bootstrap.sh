#!/usr/bin/env bash
# Set up the requirements of `make demo` and `make test`: bedtools and, in .venv, the locked Python packages.
# Further calls do nothing if the set-up is current. Usage: envs/bootstrap.sh
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
venv=.venv
torch=$(grep -oE 'torch==[0-9.]+' pyproject.toml)

fail() {
    printf 'set-up: %s\n' "$*" >&2
    exit 1
}

find_python() {
    local candidate
    for candidate in "${PYTHON:-python3}" python3.13 python3.12 python3.11; do
        if "$candidate" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null; then
            command -v "$candidate"
            return
        fi
    done
    fail "Python 3.11, 3.12 or 3.13 was not found (python3 is $(python3 --version 2>&1 || true)); install one, or set its path: make PYTHON=/path/to/python3.11"
}

# Debian packages that the Python packages need: bedtools, which pybedtools calls, and a compiler with the
# headers of zlib and Python, because pybedtools is distributed as source.
missing_programs() {
    command -v bedtools >/dev/null || echo bedtools
    command -v g++ >/dev/null || echo g++
    [ -e /usr/include/zlib.h ] || [ -e "${CONDA_PREFIX:-}/include/zlib.h" ] || ! command -v dpkg >/dev/null || echo zlib1g-dev
    "$1" -c 'import os, sys, sysconfig; sys.exit(not os.path.exists(os.path.join(sysconfig.get_path("include"), "Python.h")))' || echo "$(basename "$1")-dev"
    "$1" -c 'import ensurepip, venv' 2>/dev/null || echo "$(basename "$1")-venv"
}

install_programs() {
    local missing
    missing=$(missing_programs "$1" | tr '\n' ' ')
    [ -n "$missing" ] || return 0
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        echo "set-up: installing $missing with apt"
        # shellcheck disable=SC2086  # several names, split on purpose
        { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing; } >/dev/null
    fi
    missing=$(missing_programs "$1" | tr '\n' ' ')
    [ -z "$missing" ] || fail "missing: $missing
  Debian, Ubuntu:  sudo apt-get install $missing
  macOS:           xcode-select --install && brew install bedtools
  conda:           conda install -c conda-forge -c bioconda bedtools cxx-compiler zlib
Then run the same command again."
}

python=$(find_python)
state=$({ cat requirements.lock envs/bootstrap.sh && echo "$torch"; } | cksum)
if [ "$(cat $venv/.state 2>/dev/null)" = "$state" ] && command -v bedtools >/dev/null; then
    exit 0
fi

install_programs "$python"
echo "set-up: installing the locked Python packages into $venv (a few minutes, once)"
[ -x $venv/bin/python ] || "$python" -m venv $venv
pip() {
    $venv/bin/python -m pip "$@" --quiet --disable-pip-version-check
}
# pybedtools is distributed as source: compile it while the other packages are installed
parts=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null || true; rm -rf "$parts"' EXIT
awk -v parts="$parts/" '/^[^ ]/ {file = parts (/^pybedtools==/ ? "source" : "wheels") ".txt"} {print > file}' requirements.lock
pip wheel --no-deps --require-hashes --wheel-dir "$parts" --requirement "$parts/source.txt" &
compiling=$!
# the lock has every package with its hashes, except torch, whose build (CPU or CUDA) depends on the machine
pip install --no-deps --require-hashes --requirement "$parts/wheels.txt"
pip install "$torch"
wait $compiling || fail "pybedtools could not be compiled"
pip install --no-deps "$parts"/pybedtools-*.whl
# the command `tfmoe`, from this folder
pip install --no-deps --no-build-isolation --editable .
# numba takes a minute to compile some kernels on first use; do this now rather than in the first run
compilers=()
for stage in data models motifs; do
    PYTHONPATH=scripts $venv/bin/python -m tfmoe.$stage.compile_kernels &
    compilers+=($!)
done
for compiler in "${compilers[@]}"; do
    wait "$compiler"
done
echo "$state" >$venv/.state
echo "set-up: done"
