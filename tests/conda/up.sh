#!/usr/bin/env bash
# A `conda` for machines that reach PyPI but no conda channel. It sets up the command and a channel with the pinned
# packages in FOLDER, and prints the variables to export before calling Snakemake.
# Usage: tests/conda/up.sh FOLDER PROJECT_PYTHON ENV.yaml...
# Exit status 77: PyPI cannot be reached.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
mkdir -p "$1"
folder=$(cd "$1" && pwd)
project_python=$2
shift 2

if [ ! -x "$folder/venv/bin/pip" ]; then
    # use the project's Python, for which its torch was built, but without the project's packages, which jobs might
    # import by mistake
    "$project_python" -m venv "$folder/venv"
    if ! "$folder/venv/bin/pip" install --quiet py-rattler==0.28.0 packaging==25.0 pyyaml==6.0.3 2>"$folder/pip.err"; then
        cat "$folder/pip.err" >&2
        ! grep -qE "NewConnectionError|NameResolutionError|ConnectTimeout|ProxyError" "$folder/pip.err" || exit 77
        exit 1
    fi
fi
mkdir -p "$folder/root/bin"
# rattler sometimes crashes (signal 11) on a busy machine: retry from the beginning
cat >"$folder/root/bin/conda" <<COMMAND
#!/bin/sh
export RATTLER_CACHE_DIR="$folder/cache"
for attempt in 1 2 3; do
    "$folder/venv/bin/python" "$here/conda.py" "\$@"
    status=\$?
    [ \$status -gt 128 ] || break
done
exit \$status
COMMAND
chmod +x "$folder/root/bin/conda"
cp "$here/activate" "$folder/root/bin/activate"
# the cache may be from another channel
rm -rf "$folder/cache"
"$folder/venv/bin/python" "$here/build_channel.py" "$folder/channel" "$project_python" "$@" >&2
echo "export PATH=$folder/root/bin:\$PATH CONDA_ROOT=$folder/root CONDA_CHANNEL_ALIAS=file://$folder/channel"
