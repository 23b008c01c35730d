#!/usr/bin/env bash
# Ends the cluster that k8s-up.sh started, by PID, and puts back what its node changed: sysctls, cgroups, the network, recordings.
# usage: tests/testbed/k8s-down.sh        Does nothing where there is none; can be called again after it was cut short.
set -euo pipefail
# shellcheck source=tests/testbed/k8s-common.sh
. "$(dirname "${BASH_SOURCE[0]}")/k8s-common.sh"

socket=$k8s/containerd/containerd.sock

# A shim is no child of ours; it names the socket of the containerd that it serves.
shims() {
  local directory
  for directory in /proc/[0-9]*; do
    [[ $(readlink "$directory/exe" 2>/dev/null) == */containerd-shim-runc-v2 ]] || continue
    tr '\0' '\n' 2>/dev/null <"$directory/cmdline" | grep -qxF -- "$socket" && echo "${directory#/proc/}"
  done
  return 0
}

no_shims() { [[ -z $(shims) ]]; }

# Every process that is left in the cgroups of our node: they are containers that this node started.
cgroups() { find /sys/fs/cgroup/*/"$k8s_cgroup" /sys/fs/cgroup/"$k8s_cgroup" -depth -type d 2>/dev/null || true; }

containers_ended() {
  local cgroup pid left=0
  while read -r cgroup; do
    while read -r pid; do
      kill -9 "$pid" 2>/dev/null || true
      left=1
    done < <(cat "$cgroup/cgroup.procs" 2>/dev/null)
  done < <(cgroups)
  ((left == 0))
}

cgroups_gone() {
  cgroups | while read -r cgroup; do rmdir "$cgroup" 2>/dev/null || true; done
  [[ -z $(cgroups) ]]
}

end_node() {
  local pid setting
  end_daemon kubelet
  wait_for 10 containers_ended || echo "k8s-down.sh: containers do not end" >&2
  end_daemon containerd
  for pid in $(shims); do kill "$pid" 2>/dev/null || true; done
  wait_for 3 no_shims || for pid in $(shims); do kill -9 "$pid" 2>/dev/null || true; done
  wait_for 5 cgroups_gone || echo "k8s-down.sh: left: $(cgroups | head -n 3)" >&2
  end_recordings
  [[ -s $k8s/sysctls ]] || return 0
  while read -r setting; do sysctl -qw "$setting" || true; done <"$k8s/sysctls"
}

# An agent keeps recordings for an hour; behind its node nobody tidies them.
end_recordings() {
  [[ -e $k8s/run-duress-is-ours ]] || return 0
  rm -rf /run/duress/recordings /run/duress/agent.lock
  rmdir --ignore-fail-on-non-empty /run/duress 2>/dev/null || true
}

end_network() {
  [[ -e /run/netns/$k8s_netns ]] && ip netns del "$k8s_netns"
  # Mounted when the first namespace was made; gone again with the last, where it was ours.
  if [[ -e $k8s/netns-mounted-by-us && -z $(ls -A /run/netns) ]]; then
    umount /run/netns 2>/dev/null || true
    rmdir /run/netns 2>/dev/null || true
  fi
}

if [[ -e $k8s/node2.pid ]]; then "$(dirname "${BASH_SOURCE[0]}")/k8s-v2-node.sh" down; fi
end_node
for name in scheduler controller-manager apiserver etcd; do end_daemon "$name" 3; done
end_network
rm -rf "$k8s"
