#!/usr/bin/env bash
# Starts a Kubernetes cluster of the real components on this machine: etcd, API server, controller manager, scheduler,
# and one node (cgroup v1) of containerd and kubelet, in a network namespace of its own. k8s-down.sh ends all of it.
# usage: tests/testbed/k8s-up.sh        then: tests/testbed/k8s-kubectl.sh get pods -A
#   APISERVER_ARGS  more flags of the API server
#   DURESS_K8S_NODE=no  the API server alone, for what needs no Pods: ready in 4 s, nothing on the machine is touched
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=tests/testbed/k8s-node.sh
. "$here/k8s-node.sh"

node=${DURESS_K8S_NODE:-yes}
etcd_port=23790
[[ $(id -u) -eq 0 ]] || die "needs root, for network namespaces and containers"
[[ -x $k8s_bin/helm ]] || die "no Kubernetes in $k8s_bin: run tests/testbed/k8s-build.sh"
if [[ -e $k8s ]]; then
  die "$k8s is there: a cluster runs, or was left behind. End it with tests/testbed/k8s-down.sh"
fi
mkdir -p "$k8s/certificates" "$k8s/static-pods"
cd "$k8s"
began=$SECONDS

make_network() {
  mountpoint -q /run/netns || touch "$k8s/netns-mounted-by-us"
  ip netns add "$k8s_netns"
  ip -n "$k8s_netns" link set lo up
  ip -n "$k8s_netns" link add "$k8s_bridge" type bridge
  ip -n "$k8s_netns" addr add "$k8s_address/24" dev "$k8s_bridge"
  ip -n "$k8s_netns" link set "$k8s_bridge" up
  # Without a default route, the components find no address of their own.
  ip -n "$k8s_netns" route add default via "$k8s_address" dev "$k8s_bridge"
  # There is no kube-proxy: the one service that clients in Pods need is the API server's.
  ip -n "$k8s_netns" addr add "$k8s_service_address/32" dev lo
}

certificate() { # NAME SUBJECT [EXTENSIONS]
  openssl req -newkey rsa:2048 -nodes -keyout "$1.key" -out "$1.csr" -subj "$2" 2>/dev/null
  openssl x509 -req -in "$1.csr" -CA ca.crt -CAkey ca.key -CAcreateserial -days 30 -out "$1.crt" \
    -extfile <(echo "${3:-extendedKeyUsage=clientAuth}") 2>/dev/null
  rm "$1.csr"
}

make_certificates() {
  openssl req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.crt -days 30 -subj /CN=duress-ca 2>/dev/null
  certificate server /CN=kube-apiserver \
    "subjectAltName=IP:127.0.0.1,IP:$k8s_address,IP:$k8s_service_address,DNS:localhost,DNS:kubernetes.default.svc"
  certificate admin /O=system:masters/CN=admin-by-certificate
  openssl genrsa -out accounts.key 2048 2>/dev/null
  openssl rsa -in accounts.key -pubout -out accounts.pub 2>/dev/null
}

kubeconfig() { # FILE TOKEN
  cat >"$1" <<YAML
apiVersion: v1
kind: Config
clusters: [{name: duress, cluster: {server: "https://$k8s_address:6443", certificate-authority: "$k8s/ca.crt"}}]
users: [{name: user, user: {token: $2}}]
contexts: [{name: duress, context: {cluster: duress, user: user}}]
current-context: duress
YAML
}

# Everybody has a token that says who it is: this cluster is reachable from its own network namespace only.
make_users() {
  cat >tokens.csv <<CSV
admin-token,admin,admin,"system:masters"
controller-manager-token,system:kube-controller-manager,controller-manager
scheduler-token,system:kube-scheduler,scheduler
node-token,system:node:duress-node,node,"system:nodes"
node2-token,system:node:duress-node2,node2,"system:nodes"
alice-token,alice,alice
CSV
  local user
  for user in admin controller-manager scheduler node node2 alice; do kubeconfig "$user.conf" "$user-token"; done
}

start_api_server() {
  start_daemon etcd etcd --data-dir "$k8s/etcd" --unsafe-no-fsync \
    --listen-client-urls "http://127.0.0.1:$etcd_port" --advertise-client-urls "http://127.0.0.1:$etcd_port" \
    --listen-peer-urls http://127.0.0.1:23800 --initial-advertise-peer-urls http://127.0.0.1:23800 \
    --initial-cluster default=http://127.0.0.1:23800
  # k8s-apiserver.sh starts it again with the same flags.
  # shellcheck disable=SC2206  # several flags in one variable
  local more=(${APISERVER_ARGS:-})
  printf '%q ' "$k8s_bin/kube-apiserver" "--etcd-servers=http://127.0.0.1:$etcd_port" \
    --tls-cert-file="$k8s/server.crt" --tls-private-key-file="$k8s/server.key" --client-ca-file="$k8s/ca.crt" \
    --cert-dir="$k8s/certificates" --secure-port=6443 --bind-address=0.0.0.0 \
    --advertise-address="$k8s_address" --service-cluster-ip-range=10.96.0.0/24 --token-auth-file="$k8s/tokens.csv" \
    --authorization-mode=Node,RBAC --service-account-issuer=https://kubernetes.default.svc \
    --service-account-key-file="$k8s/accounts.pub" --service-account-signing-key-file="$k8s/accounts.key" \
    --allow-privileged=true --kubelet-preferred-address-types=InternalIP "${more[@]}" >apiserver.command
  "$here/k8s-apiserver.sh" start
}

start_control_plane() {
  start_daemon controller-manager "$k8s_bin/kube-controller-manager" --kubeconfig="$k8s/controller-manager.conf" \
    --bind-address=127.0.0.1 --leader-elect=false --use-service-account-credentials=true \
    --service-account-private-key-file="$k8s/accounts.key" --root-ca-file="$k8s/ca.crt"
  start_daemon scheduler "$k8s_bin/kube-scheduler" --kubeconfig="$k8s/scheduler.conf" --bind-address=127.0.0.1 \
    --leader-elect=false
  k8s_kubectl create clusterrolebinding duress-kubelet-api --clusterrole=system:kubelet-api-admin \
    --user=kube-apiserver >/dev/null
}

# The kubelet rewrites these for the whole machine.
kubelet_sysctls=(vm.overcommit_memory vm.panic_on_oom kernel.panic kernel.panic_on_oops kernel.keys.root_maxkeys
  kernel.keys.root_maxbytes)

start_node() {
  local controller first last
  sysctl "${kubelet_sysctls[@]}" | tr -d ' ' >"$k8s/sysctls"
  [[ -e /run/duress ]] || touch "$k8s/run-duress-is-ours"
  for controller in /sys/fs/cgroup/*/; do mkdir -p "$controller$k8s_cgroup"; done
  read -r first last <<<"$k8s_first_pods"
  make_images
  write_containerd_config "$k8s/containerd" "$k8s_bridge" true "$first" "$last" true
  start_daemon containerd unshare --mount --propagation private containerd -c "$k8s/containerd/config.toml"
  wait_for 20 ctr -a "$k8s/containerd/containerd.sock" version || die "containerd does not serve; see $k8s/containerd.log"
  import_images "$k8s/containerd"
  write_kubelet_config "$k8s/kubelet.yaml" "$k8s_address" "$k8s/containerd/containerd.sock" "/$k8s_cgroup" 1 \
    "$k8s/static-pods"
  local containerd
  read -r containerd _ <"$k8s/containerd.pid"
  start_daemon kubelet nsenter --mount="/proc/$containerd/ns/mnt" env AWS_EC2_METADATA_DISABLED=true \
    "$k8s_bin/kubelet" --config="$k8s/kubelet.yaml" --kubeconfig="$k8s/node.conf" --root-dir="$k8s/kubelet" \
    --cert-dir="$k8s/kubelet-certificates" --node-ip="$k8s_address" --hostname-override=duress-node --v=2
}

node_ready() { [[ $(k8s_kubectl get node duress-node -o 'jsonpath={.status.conditions[?(@.type=="Ready")].status}') == True ]]; }

make_network
make_certificates
make_users
start_api_server
echo "API server ready after $((SECONDS - began)) s"
[[ $node == yes ]] || exit 0
start_control_plane
start_node
wait_for 60 node_ready || die "the node does not become ready; see $k8s/kubelet.log"
wait_for 30 k8s_kubectl get serviceaccount default || die "no default service account; see $k8s/controller-manager.log"
echo "node ready after $((SECONDS - began)) s"
