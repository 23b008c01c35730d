#!/usr/bin/env bash
# Runs the tests, on every machine there is: units under ASan and UBSan, the fuzzers for a moment, integration on this host
# and in the cgroup-v2 machine, container runtimes, reports in a browser, the Kubernetes client against a real API server,
# and the chart on a real cluster (e2e). The last line is the sum over all.
# v2 and e2e take eight minutes each: what passed there on the very same programs and cases is not run again, unless it is
# named by --only.
# usage: tools/test.sh [--only STAGE,...]    stages: unit fuzz host v2 runtimes browser kubernetes e2e
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

jobs=${JOBS:-$(nproc)}
logs=build/logs
all_stages=(unit fuzz host v2 runtimes browser kubernetes e2e)
stages=("${all_stages[@]}")
named=no
case "${1:-}" in
  "") ;;
  --only)
    IFS=, read -ra stages <<<"${2:?--only needs a stage: ${all_stages[*]}}"
    named=yes
    ;;
  *)
    sed -n '2,7p' "$0" >&2
    exit 2
    ;;
esac

passed=0
failed=0
skipped=0
mkdir -p "$logs"

quietly() { # LOG COMMAND...: says nothing unless it fails
  local log=$1
  shift
  "$@" >"$log" 2>&1 || {
    tail -n 60 "$log" >&2
    echo "failed: $* (all of it: $log)" >&2
    return 1
  }
}

build() { # PRESET [TARGET]
  quietly "$logs/configure-$1.log" cmake --preset "$1" &&
    quietly "$logs/build-$1.log" cmake --build --preset "$1" --parallel "$jobs" --target "${2:-all}"
}

# A label that selects nothing is a hole in the build, not a success.
labelled() { # BUILD LABEL
  ctest --test-dir "$1" -N -L "^$2\$" | grep -q 'Total Tests: [1-9]' || {
    echo "$1 has no test with the label $2" >&2
    return 1
  }
}

run_unit() { build dev && labelled build/dev unit && ctest --test-dir build/dev -L '^unit$' -V -j "$jobs" --timeout 240; }

run_host() { build release && labelled build/release integration && tests/integration/run.sh; }

# The same programs, on emulated CPUs ten times slower: the tests stretch their waits by the factor. Emulation keeps one
# CPU busy: two machines at a time have half of the programs each, by the time that they take. CPU load to the percent,
# and who is killed when, is not to be had beside another machine: those programs come by themselves.
machine() { # NAME WORDS OF CTEST...
  tests/testbed/vm-run.sh -m 3000 -c 2 -t 2400 -- \
    env DURESS_TIME_FACTOR=15 "$PWD/tests/integration/run.sh" "${@:2}" >"$logs/test-v2-$1.log" 2>&1
}
run_v2() {
  local rc=0 name one='rehearse$|forecast|safety|explain' alone='cpu|rehearse_cli' pids=()
  build release && labelled build/release integration && quietly "$logs/vm-build.log" tests/testbed/vm-build.sh || return 1
  machine one -R "$one" & pids+=($!)
  machine other -E "$one|$alone" & pids+=($!)
  for name in "${pids[@]}"; do wait "$name" || rc=$?; done
  machine alone -R "$alone" || rc=$?
  for name in one other alone; do
    echo "== another machine"
    cat "$logs/test-v2-$name.log"
  done
  return "$rc"
}

run_runtimes() { build release && tests/runtimes/run-all.sh; }

run_browser() { build release && tests/browser/run.py; }

# The Kubernetes components, once a machine. It begins beside the unit tests, where both are for the most part compilers;
# what looks at the machine's time comes behind it.
kubernetes_build=
begin_kubernetes_build() {
  tests/testbed/k8s-build.sh >"$logs/k8s-build.log" 2>&1 &
  kubernetes_build=$!
}
await_kubernetes_build() {
  [[ -z $kubernetes_build ]] || wait "$kubernetes_build" || true
  kubernetes_build=
}
kubernetes_components() {
  await_kubernetes_build
  quietly "$logs/k8s-build.log" tests/testbed/k8s-build.sh
}

# A cluster that runs already is used and left, so that one can look into it; else one comes and goes.
run_kubernetes() {
  local mine=no rc=0 at=${DURESS_TESTBED:-${HOME:-/root}/.cache/duress-testbed}/k8s
  quietly "$logs/configure-release.log" cmake --preset release &&
    quietly "$logs/build-kubernetes.log" cmake --build --preset release --parallel "$jobs" --target kubernetes_client kubernetes_crds kubernetes_controller kubernetes_agent &&
    labelled build/release kubernetes && kubernetes_components || return 1
  if [[ ! -e $at/admin.conf ]]; then
    mine=yes
    DURESS_K8S_NODE=no tests/testbed/k8s-up.sh || rc=$?
  fi
  ((rc != 0)) || ctest --test-dir build/release -L '^kubernetes$' -V ||
    { echo '== once more' && ctest --test-dir build/release -L '^kubernetes$' -V --rerun-failed; } || rc=$?
  [[ $mine == no ]] || tests/testbed/k8s-down.sh
  return "$rc"
}

# Without what takes minutes: `make e2e` has all cases, and the second node.
run_e2e() {
  build release && kubernetes_components && tests/e2e/run.py --short --first
}

run_fuzz() { build dev && tests/fuzz/run.sh 5 build/dev; }

# Everything that a long stage's outcome depends on, as one sum; "": of this stage none is kept.
inputs_of() { # STAGE
  local files
  case $1 in
    v2) files=(build/release/duress build/release/tests build/release/examples tests/integration tests/testbed tools/test.sh) ;;
    e2e) files=(build/release/duress tests/e2e tests/testbed deploy examples tools/image.sh tools/test.sh) ;;
    *) return 0 ;;
  esac
  find "${files[@]}" -type f \( -perm -u=x -o -not -path 'build/*' \) -not -path '*/__pycache__/*' -print0 |
    sort -z | xargs -0 sha256sum | sha256sum | cut -d ' ' -f 1
}

# A stage that ends badly without a failed test (a build, a crash outside of a test) counts as one failure, and one
# that ends well without naming tests as one that passed.
stage() { # NAME
  local log=$logs/test-$1.log began=$SECONDS rc=0 p f s again inputs
  if [[ $named == no && -e $logs/passed-$1 ]] && build release && inputs=$(inputs_of "$1") &&
    [[ -n $inputs && $inputs == "$(cat "$logs/passed-$1")" ]]; then
    echo "$1: passed before on the same programs and cases, not run again ($log)"
    return
  fi
  rm -f "$logs/passed-$1"
  "run_$1" >"$log" 2>&1 || rc=$?
  read -r p f s again < <(awk -f tools/count-tests.awk "$log")
  ((rc != 0 && f == 0)) && f=1
  ((rc == 0 && p + f + s == 0)) && p=1
  passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
  if ((f > 0)); then
    grep -E '\[  FAILED  \]|^not ok|Failure$|ERROR: |runtime error:|SKIPPED' "$log" | head -n 40 || true
    tail -n 25 "$log"
  fi
  echo "$1: $p passed, $f failed, $s skipped, $((SECONDS - began)) s ($log)"
  inputs=$(inputs_of "$1")
  ((f > 0)) || [[ -z $inputs ]] || echo "$inputs" >"$logs/passed-$1"
  ((again == 0)) || echo "$1: $again failed at first; their programs were run once more"
}

groups=()
for name in "${stages[@]}"; do
  case $name in
    unit | fuzz) groups+=(check) ;;
    host | v2 | runtimes | browser) groups+=(test) ;;
    kubernetes | e2e) groups+=(kubernetes) ;;
    *)
      echo "$0: unknown stage '$name'; there are: ${all_stages[*]}" >&2
      exit 2
      ;;
  esac
done
tools/install-deps.sh "${groups[@]}"
[[ " ${groups[*]} " != *" kubernetes "* ]] || begin_kubernetes_build

for name in "${stages[@]}"; do
  [[ $name == unit || $name == fuzz ]] || await_kubernetes_build
  stage "$name"
done
((skipped == 0)) || echo "$skipped skipped; each says why in its log"
echo "$passed passed, $failed failed"
((failed == 0))
