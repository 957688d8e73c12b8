#!/usr/bin/env bash
# Go on with a run whose Snakemake was killed, so that it could neither stop its jobs nor free its folder:
#
#   profiles/resume.sh --workflow-profile profiles/slurm --configfile config/mine/config.yaml
#
# from the folder it was started in, with the arguments it was started with. Its jobs that still run, on SLURM
# or on this machine, are ended first, as they would write the same files as their successors.
set -euo pipefail

here=$(pwd -P)

of_this_folder() { # of_this_folder PATTERN: processes started in this folder whose command has the pattern
    local process
    for process in /proc/[0-9]*; do
        if [ "$(readlink "$process/cwd" 2>/dev/null)" = "$here" ] && tr '\0' ' ' <"$process/cmdline" 2>/dev/null | grep -qE -- "$1"; then
            basename "$process"
        fi
    done
}
submitted() { # jobs of SLURM that were submitted from this folder
    squeue --noheader --user="$(id -un)" --format='%A %Z' | awk -v here="$here" '{ id = $1; sub(/^[^ ]+ /, "") } $0 == here { print id }'
}

if [ -d .snakemake/slurm_logs ]; then # it went through SLURM
    jobs=$(submitted)                   # without an answer nothing is done
    if [ -n "$jobs" ]; then
        echo "resume: cancelling the jobs $(paste -sd ' ' <<<"$jobs")" >&2
        # shellcheck disable=SC2086  # several on purpose
        scancel $jobs
        while [ -n "$(submitted)" ]; do sleep 1; done
    fi
fi
main=$(of_this_folder '(bin/|-m )snakemake ' | paste -sd ' ')
if [ -n "$main" ]; then
    echo "resume: Snakemake still runs in this folder (process $main); nothing was done" >&2
    exit 1
fi
for process in $(of_this_folder '[.]snakemake/scripts/'); do
    echo "resume: ending process $process, which the killed run left" >&2
    kill "$process" 2>/dev/null || true
    while kill -0 "$process" 2>/dev/null; do sleep 0.2; done
done
snakemake --unlock "$@"
exec snakemake "$@"
