#!/usr/bin/env bash
# Seconds of each stage of the analysis, and of the same steps in SimpleITK and SciPy on the same slices in the same run.
# Prints Markdown rows for docs/performance.md. Fetches the peers from PyPI into build/venv; says so if it cannot.
#   tests/bench/stage_bench.sh [FOLDER]      one axial series; default: a chest phantom of 300 slices
. "$(dirname "$0")/../../script/lib.sh"
script/python_peers
build_tree stage_bench tomoscribe >&2
study=${1:-build/bench/chest}
if [ $# = 0 ] && [ ! -d "$study" ]; then build/dev/bin/tomoscribe phantom --quiet --out "$study" --seed 42 --slices 300 --spacing 1.2; fi
ours=$(mktemp)
trap 'rm -f "$ours"' EXIT
build/dev/bin/stage_bench "$study" >"$ours"
build/venv/bin/python tests/bench/stage_bench.py "$study" "$ours"
