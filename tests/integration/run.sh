#!/usr/bin/env bash
# Runs the integration programs. On a shared or emulated machine somebody else's load can hold a test up: those that
# failed run once more by themselves, and what is printed between the two runs lets the sum tell it.
# usage: tests/integration/run.sh [WORDS OF CTEST...]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

run=(ctest --test-dir build/release -L '^integration$' "$@" -V)
log=$(mktemp)
trap 'rm -f "$log"' EXIT
"${run[@]}" | tee "$log" && exit

echo '== once more'
result='\[  *\(OK\|FAILED\|SKIPPED\) *\] .* ([0-9]* ms)$'
# Where a program ended in the middle, all of its tests count.
if [[ $(grep -c '\[ RUN      \]' "$log") == $(grep -c "$result" "$log") ]]; then
  failed=$(sed -n 's/.*\[  FAILED  \] \([^ ,]*\).* ([0-9]* ms)$/\1/p' "$log" | sort -u | paste -sd:)
  export GTEST_FILTER=${failed:-*}
fi
"${run[@]}" --rerun-failed
