#!/usr/bin/env bash
# The article's story on this machine, without a cluster: its Pod, its manifests, and what Duress says before, meanwhile and
# afterwards. Ends with a report for the browser.
# usage: examples/article/demo.sh        (make demo builds what it needs)
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

duress=$PWD/build/release/duress
hello=$PWD/build/release/examples/hello
report=build/article.html
here=examples/article
# The article's node: its kernel log shows the application at an oom_score_adj of 988.
node=(--node-memory 16Gi)
[[ $(id -u) == 0 ]] || {
  echo "the demo makes cgroups and namespaces: run it as root" >&2
  exit 1
}
for program in "$duress" "$hello"; do
  [[ -x $program ]] || {
    echo "there is no $program: run \`make demo\`, which builds it" >&2
    exit 1
  }
done
log=$(mktemp)
rehearsal=

# shellcheck disable=SC2317  # called by the trap
clean_up() {
  if [[ -n $rehearsal ]]; then
    kill "$rehearsal" 2>/dev/null || true
    wait "$rehearsal" 2>/dev/null || true
  fi
  rm -f "$log"
}
trap clean_up EXIT

title() { printf '\n\033[1m%s\033[0m\n\n' "$1"; }
mib() { awk "BEGIN { printf \"%.1f MiB\", $1 / 1048576 }"; }
field() { sed -n "s/.*\"$1\":\"\{0,1\}\(\([^\"\\\\]\|\\\\.\)*\).*/\1/p" "$log" | tail -n 1; } # of the last line that has it
usage() { sed -n 's/.*"usageBytes":\([0-9]*\).*/\1/p' "$log" | tail -n 1; }
free_used() { free -b | awk '/^Mem:/ { print $3 }'; }
top_used() { LC_ALL=C top -b -n 1 | awk '/Mem *:/ { for (i = 1; i <= NF; i++) if ($i ~ /^used/) { print $(i - 1) " MiB"; exit } }'; }
show() { printf '  %-24s %14s %16s %18s\n' "$1" "$(mib "$(free_used)")" "$(top_used)" "$(mib "$2")"; }
told() { grep -q "\"$1\"" "$log"; }
wait_for() { # PATTERN: in the lines of the rehearsal
  for _ in $(seq 300); do
    if told "$1"; then return; fi
    kill -0 "$rehearsal" 2>/dev/null || break
    sleep 0.1
  done
  echo "the rehearsal ended before \"$1\":" >&2
  cat "$log" >&2
  exit 1
}
short() { sed -e 's/hello-world-[a-z0-9]*-[a-z0-9]*/hello-world/g' -e "s|$PWD/||g"; }

title "(a) 50MiB by four workers: where does it show?"
"$duress" rehearse -f $here/app.yaml -f $here/memory.yaml --command hello-world="$hello" "${node[@]}" \
  --start-after 3s --for 9s -o jsonl >"$log" &
rehearsal=$!
wait_for look
sleep 2
printf '  %-24s %14s %16s %18s\n' "" "free: used" "top: used" "the container"
before=$(usage)
show "before" "$before"
wait_for Reached
sleep 2
during=$(usage)
show "4 workers, 50MiB" "$during"
wait "$rehearsal"
rehearsal=
echo
echo "  The container rose by $(mib $((during - before))): the size is the total of all workers. free and top speak of the whole machine."

title "(b) 3000MiB, with the article's liveness probe: why did the stress vanish?"
"$duress" rehearse -f $here/app.yaml -f $here/memory-3000.yaml --command hello-world="$hello" "${node[@]}" \
  --for 60s --plain --report "$report.b" >"$log" || true
grep -v '^note' "$log" | grep -Ev 'Readiness|Stopping|connection re' | short | cut -c 1-200 | sed 's/^/  /'

title "(c) 3000MiB without probes, killed workers started anew as stress-ng does: the sawtooth, and who was next"
"$duress" rehearse --limit-memory 500Mi --request-memory 200Mi "${node[@]}" --no-oom-group \
  --memory 3000MiB --workers 4 --then regrow --max-kills 0 --for 10s --plain --report "$report.c" -- "$hello" >"$log" || true
grep -Ev '^note|^ +[0-9.]+s' "$log" | short | cut -c 1-220 | sed 's/^/  /'

row() { # NAME OPTION...: one rehearsal, as a line: what was foretold, what came
  local name=$1
  shift
  "$duress" rehearse "$@" "${node[@]}" --memory 3000MiB --workers 4 --for 6s -o json -- "$hello" >"$log" 2>"$log.err" || true
  if [[ -s $log ]]; then
    printf '  %-14s %-14s %-15s %-10s %s\n' "$name" "$(field oomScoreAdj | tr -cd '0-9-')" "$(field foretold)" "$(field fate)" \
      "$(field sentence | short | sed 's/\\"/"/g' | cut -c 1-150)"
  else
    printf '  %-14s refused: %s\n' "$name" "$(head -n 1 "$log.err" | cut -c 1-150)"
  fi
  rm -f "$log.err"
}
head_row() { printf '  %-14s %-14s %-15s %-10s %s\n' "$1" "oom_score_adj" "foretold" "the app" "what happened"; }

title "(d) The same Pod in each QoS class: who dies?"
head_row "class"
row Guaranteed --limit-memory 500Mi --limit-cpu 1
row Burstable --limit-memory 500Mi --request-memory 200Mi
row BestEffort
echo
echo "  BestEffort has no limit: the node bears the load. docs/qos.md says what each class means for the OOM killer."

title "(e) The same Pod, Burstable, with each whenOOM"
head_row "whenOOM"
for policy in natural avoid stressorFirst appFirst; do
  row $policy --limit-memory 500Mi --request-memory 200Mi --when-oom $policy
done

title "The report of (b), for the browser"
mv -f "$report.b" "$report"
rm -f "$report.c"
echo "  $PWD/$report"
echo "  Every rehearsal is recorded: build/release/duress explain --last tells the last one again."
