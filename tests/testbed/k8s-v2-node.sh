#!/usr/bin/env bash
# Joins a second node to the cluster of k8s-up.sh: the cgroup-v2 machine, with containerd and a kubelet of its own, on the
# cluster's bridge. It is ten times slower than the first. k8s-down.sh ends it too.
# usage: tests/testbed/k8s-v2-node.sh up [SECONDS] | down     it lives for so long at most (default 1800)
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=tests/testbed/k8s-node.sh
. "$here/k8s-node.sh"

tap=duress-tap
ready() { [[ $(k8s_kubectl get node "$k8s_node2" -o 'jsonpath={.status.conditions[?(@.type=="Ready")].status}') == True ]]; }

up() {
  local began=$SECONDS
  [[ -f $k8s/sysctls ]] || die "no cluster with a node: run tests/testbed/k8s-up.sh"
  if daemon_runs node2; then die "the second node runs already"; fi
  [[ -f $DURESS_TESTBED/vm/initrd.gz ]] || "$here/vm-build.sh"
  ip -n "$k8s_netns" link show "$tap" >/dev/null 2>&1 || {
    ip -n "$k8s_netns" tuntap add "$tap" mode tap
    ip -n "$k8s_netns" link set "$tap" master "$k8s_bridge" up
  }
  mkdir -p "$k8s/node2"
  start_daemon node2 env TMPDIR="$k8s/node2" \
    VM_QEMU_ARGS="-netdev tap,id=net0,ifname=$tap,script=no,downscript=no -device virtio-net-pci,netdev=net0,mac=52:54:00:77:00:02,romfile=" \
    "$here/vm-run.sh" -m 3000 -c "${CPUS:-2}" -t "${1:-1800}" -- bash "$here/k8s-v2-node-inside.sh"
  wait_for 180 ready || die "the second node does not become ready; see $k8s/node2.log and $k8s/node2/*/exchange/*.log"
  echo "second node ready after $((SECONDS - began)) s"
}

down() {
  end_daemon node2 10
  ip -n "$k8s_netns" link del "$tap" 2>/dev/null || true
  rm -rf "$k8s/node2"
  k8s_kubectl delete node "$k8s_node2" --ignore-not-found >/dev/null 2>&1 || true
}

case ${1:-} in
  up) up "${2:-}" ;;
  down) down ;;
  *) sed -n '2,4p' "$0" >&2 && exit 2 ;;
esac
