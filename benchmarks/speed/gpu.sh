#!/bin/sh
# All that is asked of a machine with one CUDA device: its tests and its figures.
#   benchmarks/speed/gpu.sh FOLDER [ARGUMENT]...
# The arguments go to `forgegym bench gpu`. FOLDER gets results.json, tables.txt and tests.txt; a
# virtual environment is made in it unless PYTHON names an interpreter that has what is needed.
set -eu
folder=${1:?which folder shall the results go to?}
shift
root=$(cd "$(dirname "$0")/../.." && pwd)
mkdir -p "$folder"
if [ -z "${PYTHON:-}" ]; then
  python3 -m venv "$folder/venv"
  PYTHON=$folder/venv/bin/python
  "$PYTHON" -m pip install --quiet --disable-pip-version-check -c "$root/constraints.txt" -e "$root[dev]"
fi
tested=0
(cd "$root" && FORGEGYM_REQUIRE=${FORGEGYM_REQUIRE-gpu} "$PYTHON" -m pytest -q -m gpu) \
  > "$folder/tests.txt" 2>&1 || tested=$?
tail -n 3 "$folder/tests.txt"
"$PYTHON" -m forgegym bench gpu --out "$folder" "$@"
exit "$tested"
