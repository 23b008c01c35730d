# shellcheck shell=bash
# Sourced by what starts a node: the images, and the configurations of containerd, its network and the kubelet. The
# first node is this machine, the second a virtual one; what differs is passed in.
# shellcheck source=tests/testbed/k8s-common.sh
. "$(dirname "${BASH_SOURCE[0]}")/k8s-common.sh"

# Images that a cluster without a registry has: duress.local/pause:1 and duress.local/app:1, a busybox.
make_images() {
  local made=$DURESS_TESTBED/images-1 here tool
  [[ -f $made/done ]] && return 0
  here=$(dirname "${BASH_SOURCE[0]}")
  rm -rf "$made"
  mkdir -p "$made/pause" "$made/app"/{bin,tmp,proc,sys,dev,etc}
  gcc -O2 -static "$here/pause.c" -o "$made/pause/pause"
  cp /bin/busybox "$made/app/bin/"
  for tool in $("$made/app/bin/busybox" --list); do
    [[ $tool == busybox ]] || ln -s busybox "$made/app/bin/$tool"
  done
  "$here/oci-image.py" "$made/pause.tar" duress.local/pause:1 "$made/pause" '{"Entrypoint":["/pause"]}'
  "$here/oci-image.py" "$made/app.tar" duress.local/app:1 "$made/app" '{"Env":["PATH=/bin"],"Cmd":["/bin/sh"]}'
  touch "$made/done"
}

# RESTRICT: true where CAP_SYS_RESOURCE is missing, and the -998 of the pause container would fail.
# Network namespaces lie below the work folder too, so that all mounts go with containerd's mount namespace.
write_containerd_config() { # DIRECTORY BRIDGE IS_GATEWAY FIRST_ADDRESS LAST_ADDRESS RESTRICT
  local at=$1 bridge=$2 is_gateway=$3 first=$4 last=$5 restrict=$6
  mkdir -p "$at/network"
  cat >"$at/config.toml" <<TOML
version = 2
root = "$at/data"
state = "$at/state"
disabled_plugins = ["io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.zfs", "io.containerd.snapshotter.v1.aufs", "io.containerd.snapshotter.v1.devmapper", "io.containerd.internal.v1.opt", "io.containerd.tracing.processor.v1.otlp", "io.containerd.internal.v1.tracing"]
[grpc]
  address = "$at/containerd.sock"
[ttrpc]
  address = "$at/containerd.sock.ttrpc"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "duress.local/pause:1"
  restrict_oom_score_adj = $restrict
  disable_apparmor = true
  netns_mounts_under_state_dir = true
  stream_server_address = "127.0.0.1"
  stream_server_port = "0"
  [plugins."io.containerd.grpc.v1.cri".containerd]
    snapshotter = "overlayfs"
    default_runtime_name = "runc"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
      runtime_type = "io.containerd.runc.v2"
      [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
        SystemdCgroup = false
        BinaryName = "/usr/sbin/runc"
        Root = "$at/runc"
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "$at/network"
    max_conf_num = 1
TOML
  cat >"$at/network/10-duress.conflist" <<JSON
{"cniVersion": "1.0.0", "name": "duress", "plugins": [{
  "type": "bridge", "bridge": "$bridge", "isGateway": $is_gateway, "ipMasq": false,
  "ipam": {"type": "host-local", "dataDir": "$at/addresses", "ranges": [[{
    "subnet": "10.244.77.0/24", "rangeStart": "$first", "rangeEnd": "$last", "gateway": "$k8s_address"}]]}}]}
JSON
}

import_images() { # DIRECTORY
  local image
  for image in "$DURESS_TESTBED"/images-1/*.tar "$DURESS_TESTBED"/images-extra/*.tar; do
    [[ ! -f $image ]] || ctr -a "$1/containerd.sock" -n k8s.io images import "$image" >/dev/null
  done
}

write_kubelet_config() { # FILE ADDRESS SOCKET CGROUP_ROOT STATUS_SECONDS [STATIC_PODS]
  cat >"$1" <<YAML
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
authentication: {anonymous: {enabled: true}, webhook: {enabled: false}}
authorization: {mode: AlwaysAllow}
address: $2
readOnlyPort: 0
cgroupDriver: cgroupfs
cgroupRoot: $4
failSwapOn: false
failCgroupV1: false
containerRuntimeEndpoint: unix://$3
imageServiceEndpoint: unix://$3
nodeStatusUpdateFrequency: ${5}s
imageGCHighThresholdPercent: 100
imageGCLowThresholdPercent: 99
evictionHard: {memory.available: 100Mi}
makeIPTablesUtilChains: false
resolvConf: ""
staticPodPath: "${6:-}"
YAML
}
