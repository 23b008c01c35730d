# shellcheck shell=bash
# Sourced by the k8s scripts: which Kubernetes, where its parts lie, and how a daemon is started and ended again.
# shellcheck source=tests/testbed/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

k8s_version=${DURESS_K8S_VERSION:-1.35.4}
k8s_bin=$DURESS_TESTBED/k8s-bin-$k8s_version
k8s=$DURESS_TESTBED/k8s # all that a running cluster writes; k8s-down.sh removes it
k8s_netns=duress-k8s
k8s_bridge=duress0
k8s_address=10.244.77.1 # of the API server and of the first node
k8s_service_address=10.96.0.1
# Pods of the first node; those of the second are in the rest of the same network.
k8s_first_pods="10.244.77.2 10.244.77.180"
k8s_second_pods="10.244.77.210 10.244.77.250"
k8s_second_address=10.244.77.200
k8s_node2=duress-node2
k8s_cgroup=duress-k8s # below it, all cgroups that the kubelet makes
export k8s_version k8s_bin k8s k8s_netns k8s_bridge k8s_address k8s_service_address k8s_first_pods k8s_cgroup
export k8s_second_pods k8s_second_address k8s_node2

wait_for() { # SECONDS COMMAND...
  local until=$((SECONDS + $1))
  shift
  until "$@" >/dev/null 2>&1; do
    ((SECONDS < until)) || return 1
    sleep 0.1
  done
}

# `ip netns exec` would hide /sys/fs/cgroup.
in_cluster_network() { nsenter --net="/run/netns/$k8s_netns" "$@"; }

k8s_kubectl() { in_cluster_network "$k8s_bin/kubectl" --kubeconfig "$k8s/admin.conf" "$@"; }

# Starts it in the cluster's network, apart from the terminal, and remembers the PID with its start time: a PID alone
# may be somebody else's by the time it is to be ended.
start_daemon() { # NAME COMMAND...
  local name=$1
  shift
  # exec: the PID is to be the daemon's. It outlives who started it, so it keeps no descriptor of theirs: a lock, say.
  (
    for fd in /proc/self/fd/*; do
      fd=${fd##*/}
      ((fd <= 2)) || exec {fd}>&-
    done
    exec nsenter --net="/run/netns/$k8s_netns" setsid "$@"
  ) >>"$k8s/$name.log" 2>&1 </dev/null &
  echo "$! $(start_time "$!")" >"$k8s/$name.pid"
}

start_time() { # PID
  local stat
  stat=$(cat "/proc/$1/stat" 2>/dev/null) || return 1
  stat=${stat##*) } # the name before may hold anything
  cut -d ' ' -f 20 <<<"$stat"
}

daemon_runs() { # NAME
  local pid began
  read -r pid began 2>/dev/null <"$k8s/$1.pid" && [[ $(start_time "$pid") == "$began" ]]
}

# SIGTERM, and SIGKILL for what does not end: an API server waits a minute for its watches.
end_daemon() { # NAME [SECONDS]
  local pid
  if daemon_runs "$1"; then
    read -r pid _ <"$k8s/$1.pid"
    kill "$pid" 2>/dev/null || true
    wait_for "${2:-5}" not_running "$1" || kill -9 "$pid" 2>/dev/null || true
    wait_for 5 not_running "$1" || echo "${0##*/}: $1 (PID $pid) does not end" >&2
  fi
  rm -f "$k8s/$1.pid"
}

not_running() { ! daemon_runs "$1"; }
