#!/usr/bin/env bash
# Starts, stops or restarts the cluster's API server alone, or lets it hang: what clients have to live through.
# usage: tests/testbed/k8s-apiserver.sh start | stop | kill | restart | freeze | thaw
set -euo pipefail
# shellcheck source=tests/testbed/k8s-common.sh
. "$(dirname "${BASH_SOURCE[0]}")/k8s-common.sh"

start() {
  local command
  eval "command=($(cat "$k8s/apiserver.command"))" # written by k8s-up.sh with %q
  start_daemon apiserver "${command[@]}"
  wait_for 120 k8s_kubectl get --raw /readyz || die "the API server does not get ready; see $k8s/apiserver.log"
}

[[ -f $k8s/apiserver.command ]] || die "no cluster: run tests/testbed/k8s-up.sh"
case ${1:-} in
  start) start ;;
  stop) end_daemon apiserver ;;
  kill)
    read -r pid _ <"$k8s/apiserver.pid"
    daemon_runs apiserver && kill -9 "$pid"
    wait_for 5 not_running apiserver
    ;;
  freeze | thaw)
    daemon_runs apiserver || die "the API server does not run"
    read -r pid _ <"$k8s/apiserver.pid"
    if [[ $1 == freeze ]]; then kill -STOP "$pid"; else kill -CONT "$pid"; fi
    ;;
  restart)
    end_daemon apiserver
    start
    ;;
  *) sed -n '2,3p' "$0" >&2 && exit 2 ;;
esac
