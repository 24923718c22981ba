#!/usr/bin/env bash
# Builds the programs of a cluster from the Go module proxy into .cache/k8s; what is there already stays.
#   build.sh [PROGRAM...]     all of them by default, kube-apiserver first: the tests that need only that can begin
# Needs Go 1.26 or newer. From nothing it takes some ten minutes on two cores.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
out=${K8S_BIN:-$root/.cache/k8s}
kubernetes=1.34.4 coredns=1.14.7 helm=3.21.4 kubeconform=0.8.0
cluster=(kube-apiserver kube-controller-manager kube-scheduler kubelet kube-proxy pause coredns)
tools=(kubectl helm kubeconform)

mkdir -p "$out"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# Without cgo the programs run in an empty image, and no C compiler is needed.
export CGO_ENABLED=0 GOFLAGS=-buildvcs=false

# The published module k8s.io/kubernetes lacks the folder its go.mod takes the k8s.io/* libraries from. This module takes them
# by their published versions, which are the same code.
wrapper() {
  mkdir -p "$work/kubernetes" && cd "$work/kubernetes"
  [ -f go.mod ] && return
  local upstream
  upstream=$(cd "$work" && go list -m -f '{{.GoMod}}' "k8s.io/kubernetes@v$kubernetes")
  {
    printf 'module cluster\n'
    grep '^go ' "$upstream"
    printf 'require k8s.io/kubernetes v%s\n' "$kubernetes"
    sed -nE "s,^[[:space:]]*(k8s\.io/[a-z0-9-]+) => \./staging.*,replace \1 => \1 v0${kubernetes#1},p" "$upstream"
  } > go.mod
}

# A build from a module knows no version; clients and the kubelet's checks ask for one.
stamp() {
  local package
  printf -- '-s -w'
  for package in k8s.io/component-base/version k8s.io/client-go/pkg/version; do
    printf -- ' -X %s.gitVersion=v%s -X %s.gitMajor=1 -X %s.gitMinor=%s' \
      $package $kubernetes $package $package "$(cut -d. -f2 <<< $kubernetes)"
  done
}

build() {
  case $1 in
    kube-*|kubelet|kubectl) wrapper && go build -mod=mod -trimpath -ldflags "$(stamp)" -o "$work/$1" "k8s.io/kubernetes/cmd/$1" ;;
    pause) go build -trimpath -ldflags '-s -w' -o "$work/pause" "$root/test/cluster/pause/main.go" ;;
    coredns) install coredns "github.com/coredns/coredns@v$coredns" ;;
    helm) install helm "helm.sh/helm/v3/cmd/helm@v$helm" "-X helm.sh/helm/v3/internal/version.version=v$helm" ;;
    kubeconform) install kubeconform "github.com/yannh/kubeconform/cmd/kubeconform@v$kubeconform" "-X main.version=v$kubeconform" ;;
    *) echo "build.sh knows no program $1; it knows: ${cluster[*]} ${tools[*]}" >&2; return 2 ;;
  esac
}

install() { GOBIN=$work go install -trimpath -ldflags "-s -w ${3:-}" "$2"; }

# A cluster serves with any kubectl that is at hand.
wanted=("${cluster[@]}" helm kubeconform)
command -v kubectl > /dev/null || wanted+=(kubectl)
[ $# -gt 0 ] && wanted=("$@")
for program in "${wanted[@]}"; do
  [ -x "$out/$program" ] && continue
  command -v go > /dev/null || { echo "building $program needs Go (1.26 or newer)" >&2; exit 1; }
  echo "building $program"
  (build "$program")
  # At once and whole: somebody else may look for it meanwhile.
  mv "$work/$program" "$out/$program"
done
