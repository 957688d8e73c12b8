#!/usr/bin/env bash
# Resume a run after Snakemake was killed, which left jobs running and the folder locked:
#
#   profiles/resume.sh --workflow-profile profiles/slurm --configfile config/mine/config.yaml
#
# Run it in the folder of the run, with the arguments of the original command. It first ends jobs that still run, on
# SLURM or on this machine, because they would write the same files as their successors.
set -euo pipefail

here=$(pwd -P)

processes() { # processes PATTERN: processes started in this folder whose command matches the pattern
    local process
    for process in /proc/[0-9]*; do
        if [ "$(readlink "$process/cwd" 2>/dev/null)" = "$here" ] && tr '\0' ' ' <"$process/cmdline" 2>/dev/null | grep -qE -- "$1"; then
            basename "$process"
        fi
    done
}
submitted() { # SLURM jobs submitted from this folder
    squeue --noheader --user="$(id -un)" --format='%A %Z' | awk -v here="$here" '{ id = $1; sub(/^[^ ]+ /, "") } $0 == here { print id }'
}

if [ -d .snakemake/slurm_logs ]; then # the run used SLURM
    jobs=$(submitted)                   # if SLURM does not answer, the script stops here
    if [ -n "$jobs" ]; then
        echo "resume: cancelling the jobs $(paste -sd ' ' <<<"$jobs")" >&2
        # shellcheck disable=SC2086  # several job numbers, split on purpose
        scancel $jobs
        while [ -n "$(submitted)" ]; do sleep 1; done
    fi
fi
main=$(processes '(bin/|-m )snakemake ' | paste -sd ' ')
if [ -n "$main" ]; then
    echo "resume: Snakemake still runs in this folder (process $main); stop it first, then run this command again" >&2
    exit 1
fi
for process in $(processes '[.]snakemake/scripts/'); do
    echo "resume: ending process $process, left over from the killed run" >&2
    kill "$process" 2>/dev/null || true
    while kill -0 "$process" 2>/dev/null; do sleep 0.2; done
done
snakemake --unlock "$@"
exec snakemake "$@"
