#!/usr/bin/env bash
# Inside of the cgroup-v2 machine, started by k8s-v2-node.sh: a network card on the cluster's bridge, containerd, and a
# kubelet in the foreground. What it says is in /duress-vm, which the other side sees.
set -euo pipefail
# shellcheck source=tests/testbed/k8s-node.sh
. "$(dirname "${BASH_SOURCE[0]}")/k8s-node.sh"

for module in failover net_failover virtio_net llc stp bridge veth; do
  busybox insmod "$(find "$DURESS_TESTBED/vm/kernel/lib/modules" -name "$module.ko" -print -quit)"
done
# Pods have their cards on a bridge of this machine, which the machine's own card joins to the cluster's.
ip link add "$k8s_bridge" type bridge
ip link set eth0 up master "$k8s_bridge"
ip addr add "$k8s_second_address/24" dev "$k8s_bridge"
ip link set "$k8s_bridge" up
ip route add default via "$k8s_address"
hostname "$k8s_node2"

# Only leaves may hold processes where controllers are passed on.
mkdir /sys/fs/cgroup/init
while read -r pid; do echo "$pid" >/sys/fs/cgroup/init/cgroup.procs 2>/dev/null || true; done </sys/fs/cgroup/cgroup.procs
echo "+cpu +memory +pids +io +cpuset" >/sys/fs/cgroup/cgroup.subtree_control

# Its cgroups are seen by nobody else: what is put into /duress-vm/ask is carried out, and its answer left in its place.
answer() {
  while true; do
    if [[ -f /duress-vm/ask ]]; then
      sh /duress-vm/ask >/duress-vm/answer.part 2>&1 || true
      rm /duress-vm/ask
      mv /duress-vm/answer.part /duress-vm/answer
    fi
    busybox usleep 50000
  done
}
answer &

at=/run/containerd-duress
read -r first last <<<"$k8s_second_pods"
mkdir -p "$at"
write_containerd_config "$at" "$k8s_bridge" false "$first" "$last" false
containerd -c "$at/config.toml" >/duress-vm/containerd.log 2>&1 &
wait_for 60 ctr -a "$at/containerd.sock" version
import_images "$at"
write_kubelet_config /run/kubelet.yaml "$k8s_second_address" "$at/containerd.sock" / 5
exec env AWS_EC2_METADATA_DISABLED=true "$k8s_bin/kubelet" --config=/run/kubelet.yaml --kubeconfig="$k8s/node2.conf" \
  --root-dir=/run/kubelet --cert-dir=/run/kubelet-certificates --node-ip="$k8s_second_address" \
  --hostname-override="$k8s_node2" --v=2 >/duress-vm/kubelet.log 2>&1
