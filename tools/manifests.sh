#!/usr/bin/env bash
# Writes what is generated and committed: the custom resources, the reference of their fields, and the manifests that the
# chart gives without values. With --check it writes nothing, and fails where they are not as they should be.
# usage: tools/manifests.sh [--check]     needs build/release/duress (make) and helm (of the test bed, or on the PATH)
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=tests/testbed/k8s-common.sh
. tests/testbed/k8s-common.sh

helm=$k8s_bin/helm
[[ -x $helm ]] || helm=$(command -v helm) || die "no helm: run tests/testbed/k8s-build.sh"
made=$(mktemp -d)
trap 'rm -rf "$made"' EXIT

build/release/duress crds >"$made/crds.yaml"
build/release/duress crds -o markdown >"$made/reference.md"
[[ ${1:-} == --check ]] || cp "$made/crds.yaml" deploy/helm/duress/files/crds.yaml
{
  echo "# Rendered from deploy/helm/duress; do not edit. kubectl apply --server-side -f duress.yaml"
  echo "---"
  printf 'apiVersion: v1\nkind: Namespace\nmetadata:\n  name: duress-system\n  labels:\n'
  printf '    pod-security.kubernetes.io/enforce: privileged\n'
  "$helm" template duress deploy/helm/duress --namespace duress-system --no-hooks --kube-version "$k8s_version" |
    sed -e '/app.kubernetes.io\/managed-by: Helm/d' -e '/helm.sh\/chart:/d' -e '/helm.sh\/resource-policy/d' \
      -e '/^  annotations:$/d'
} >"$made/duress.yaml"

bad=0
put() { # MADE COMMITTED
  if [[ ${check:-} == --check ]]; then
    cmp -s "$1" "$2" || {
      echo "$2 is not what is generated: run make manifests" >&2
      bad=1
    }
  else
    cp "$1" "$2"
  fi
}
check=${1:-}
put "$made/crds.yaml" deploy/helm/duress/files/crds.yaml
put "$made/reference.md" docs/reference.md
put "$made/duress.yaml" deploy/manifests/duress.yaml
((bad == 0))
