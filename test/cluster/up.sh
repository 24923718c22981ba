#!/usr/bin/env bash
# Starts a real cluster of one node on this machine, as root and without Docker: etcd, control plane, containerd, kubelet,
# kube-proxy and CoreDNS. The last line says where its kubeconfig is. down.sh ends it.
#   up.sh [kube-apiserver]   with the name: starts only the API server again, after somebody has ended it by its pid in $STATE/pid
#   STATE  where it keeps everything (default .cache/cluster); what is there of an earlier one is gone on with
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
bin=${K8S_BIN:-$root/.cache/k8s}
state=${STATE:-$root/.cache/cluster}
# The node's address is that of a bridge without ports: a machine may lack a kernel module for dummy interfaces.
bridge=prnode pods_bridge=prpods node=postrider-node
node_ip=10.244.255.1 pods=10.244.0.0/24 pod_range=10.244.0.0/16 services=10.96.0.0/16 api_ip=10.96.0.1 dns_ip=10.96.0.10
etcd_port=${ETCD_PORT:-12379} api_port=${API_PORT:-16443} etcd=http://127.0.0.1:${ETCD_PORT:-12379}

[ "$(id -u)" = 0 ] || { echo 'a cluster needs root: it makes network interfaces and containers' >&2; exit 1; }
if [ "${1:-}" != kube-apiserver ] && [ -f "$state/pid/kubelet" ] && kill -0 "$(cat "$state/pid/kubelet")" 2> /dev/null; then
  echo "the cluster is up: KUBECONFIG=$state/admin.kubeconfig"
  exit
fi
"$here/install.sh"
K8S_BIN=$bin "$here/build.sh"
PATH=$PATH:$bin
mkdir -p "$state"/{pki,log,pid,cni,containerd,volumes}
state=$(cd "$state" && pwd)
socket=$state/containerd/containerd.sock
kube() { kubectl --kubeconfig "$state/admin.kubeconfig" "$@"; }

start() { # name program arguments...
  local name=$1
  shift
  setsid "$@" > "$state/log/$name.log" 2>&1 < /dev/null &
  echo $! > "$state/pid/$name"
}

wait_for() { # name command...
  local name=$1
  shift
  for _ in $(seq 240); do
    "$@" > /dev/null 2>&1 && return
    kill -0 "$(cat "$state/pid/$name")" 2> /dev/null || break
    sleep .5
  done
  echo "$name did not start:" >&2
  tail -15 "$state/log/$name.log" >&2
  exit 1
}

# One CA for all; each program is who its certificate says.
certificates() {
  [ -f "$state/pki/sa.key" ] && return
  cd "$state/pki"
  openssl req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.crt -subj /CN=postrider-test-ca -days 30 2> /dev/null
  certificate apiserver /CN=kube-apiserver "DNS:localhost,DNS:kubernetes.default.svc,DNS:kubernetes.default,IP:127.0.0.1,IP:$api_ip,IP:$node_ip"
  certificate kubelet "/O=system:nodes/CN=system:node:$node" "DNS:$node,IP:$node_ip"
  certificate admin /O=system:masters/CN=admin
  for component in kube-controller-manager kube-scheduler kube-proxy; do certificate $component "/CN=system:$component"; done
  openssl genrsa -out sa.key 2048 2> /dev/null
  cd "$root"
}

certificate() { # name subject [alternative names]
  openssl req -newkey rsa:2048 -nodes -keyout "$1.key" -out "$1.csr" -subj "$2" 2> /dev/null
  openssl x509 -req -in "$1.csr" -CA ca.crt -CAkey ca.key -CAcreateserial -days 30 -out "$1.crt" 2> /dev/null \
    -extfile <(printf 'extendedKeyUsage=clientAuth,serverAuth\nsubjectAltName=%s\n' "${3:-DNS:$1}")
}

kubeconfig() { # name
  local file=$state/$1.kubeconfig
  cat > "$file" << END
apiVersion: v1
kind: Config
clusters: [{ name: test, cluster: { server: 'https://127.0.0.1:$api_port', certificate-authority: '$state/pki/ca.crt' } }]
users: [{ name: '$1', user: { client-certificate: '$state/pki/$1.crt', client-key: '$state/pki/$1.key' } }]
contexts: [{ name: test, context: { cluster: test, user: '$1' } }]
current-context: test
END
}

network() {
  ip link show "$bridge" > /dev/null 2>&1 || ip link add "$bridge" type bridge
  ip address replace "$node_ip/32" dev "$bridge"
  ip link set "$bridge" up
  sysctl -qw net.ipv4.ip_forward=1
  # Where bridged packets pass iptables by default this key is not there.
  sysctl -qw net.bridge.bridge-nf-call-iptables=1 2> /dev/null || true
  cat > "$state/cni/10-postrider.conflist" << END
{ "cniVersion": "1.0.0", "name": "postrider", "plugins": [
  { "type": "bridge", "bridge": "$pods_bridge", "isGateway": true, "ipMasq": true, "hairpinMode": true,
    "ipam": { "type": "host-local", "ranges": [[{ "subnet": "$pods" }]], "routes": [{ "dst": "0.0.0.0/0" }], "dataDir": "$state/cni/addresses" } },
  { "type": "portmap", "capabilities": { "portMappings": true } } ] }
END
}

api_server() {
  start kube-apiserver "$bin/kube-apiserver" --etcd-servers="$etcd" --secure-port="$api_port" --advertise-address="$node_ip" \
    --tls-cert-file="$state/pki/apiserver.crt" --tls-private-key-file="$state/pki/apiserver.key" --client-ca-file="$state/pki/ca.crt" \
    --kubelet-client-certificate="$state/pki/admin.crt" --kubelet-client-key="$state/pki/admin.key" \
    --kubelet-certificate-authority="$state/pki/ca.crt" --kubelet-preferred-address-types=InternalIP \
    --service-account-issuer=https://kubernetes.default.svc --service-account-key-file="$state/pki/sa.key" \
    --service-account-signing-key-file="$state/pki/sa.key" --service-cluster-ip-range="$services" --authorization-mode=Node,RBAC \
    --enable-admission-plugins=NodeRestriction
  wait_for kube-apiserver kube get --raw /readyz
}

control_plane() {
  start etcd etcd --data-dir "$state/etcd" --unsafe-no-fsync --listen-client-urls "$etcd" --advertise-client-urls "$etcd" \
    --listen-peer-urls "http://127.0.0.1:$((etcd_port + 1))" --initial-advertise-peer-urls "http://127.0.0.1:$((etcd_port + 1))" \
    --initial-cluster "default=http://127.0.0.1:$((etcd_port + 1))"
  api_server
  start kube-controller-manager "$bin/kube-controller-manager" --kubeconfig="$state/kube-controller-manager.kubeconfig" \
    --service-account-private-key-file="$state/pki/sa.key" --root-ca-file="$state/pki/ca.crt" --cluster-cidr="$pod_range" \
    --allocate-node-cidrs=true --use-service-account-credentials=true --leader-elect=false --secure-port=$((api_port + 1))
  start kube-scheduler "$bin/kube-scheduler" --kubeconfig="$state/kube-scheduler.kubeconfig" --leader-elect=false --secure-port=$((api_port + 2))
}

containers() {
  cat > "$state/containerd/config.toml" << END
version = 2
root = "$state/containerd/root"
state = "$state/containerd/run"
[grpc]
  address = "$socket"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "localhost/pause:1"
  # The runtime may lack the right to make a process less likely to be killed than it is itself.
  restrict_oom_score_adj = true
  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "$state/cni"
END
  start containerd containerd --config "$state/containerd/config.toml"
  wait_for containerd ctr -a "$socket" version
  for program in pause coredns; do
    [ -f "$state/$program.tar" ] || one_program_image $program
    ctr -a "$socket" -n k8s.io images import "$state/$program.tar" > /dev/null
  done
}

one_program_image() { # program
  local container
  container=$(buildah from scratch)
  buildah copy -q "$container" "$bin/$1" "/$1" > /dev/null
  buildah config --entrypoint "[\"/$1\"]" --user 65534:65534 "$container"
  buildah commit -q --rm "$container" "localhost/$1:1" > /dev/null
  buildah push -q "localhost/$1:1" "docker-archive:$state/$1.tar:localhost/$1:1"
}

node() {
  cat > "$state/kubelet.yaml" << END
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
authentication: { anonymous: { enabled: false }, webhook: { enabled: true }, x509: { clientCAFile: '$state/pki/ca.crt' } }
authorization: { mode: Webhook }
tlsCertFile: $state/pki/kubelet.crt
tlsPrivateKeyFile: $state/pki/kubelet.key
port: 20250
healthzPort: 20248
cgroupDriver: cgroupfs
failSwapOn: false
clusterDNS: [$dns_ip]
clusterDomain: cluster.local
resolvConf: $state/resolv.conf
containerRuntimeEndpoint: unix://$socket
# This machine has other work too; nothing is to be evicted for it.
evictionHard: { nodefs.available: 1%, imagefs.available: 1%, memory.available: 100Mi }
imageGCHighThresholdPercent: 100
localStorageCapacityIsolation: false
enforceNodeAllocatable: []
END
  : > "$state/resolv.conf"
  start kubelet "$bin/kubelet" --config="$state/kubelet.yaml" --kubeconfig="$state/kubelet.kubeconfig" --hostname-override=$node \
    --node-ip=$node_ip --root-dir="$state/kubelet"
  start kube-proxy "$bin/kube-proxy" --kubeconfig="$state/kube-proxy.kubeconfig" --cluster-cidr=$pod_range --hostname-override=$node \
    --proxy-mode=iptables --conntrack-max-per-core=0 --healthz-bind-address=127.0.0.1:20256 --metrics-bind-address=127.0.0.1:20249
  wait_for kubelet kube get node $node
  kube wait --for=condition=Ready node/$node --timeout=120s > /dev/null
}

# A volume that was claimed once is claimed by nobody again: one for each release that a test installs, and some to spare.
volumes() {
  local number
  for number in $(seq 0 7); do
    mkdir -p "$state/volumes/$number"
    chown 10001:10001 "$state/volumes/$number"
    cat << END
---
apiVersion: v1
kind: PersistentVolume
metadata: { name: local-$number }
spec:
  capacity: { storage: 20Gi }
  accessModes: [ReadWriteOnce]
  persistentVolumeReclaimPolicy: Retain
  storageClassName: local
  local: { path: $state/volumes/$number }
  nodeAffinity:
    required: { nodeSelectorTerms: [{ matchExpressions: [{ key: kubernetes.io/hostname, operator: In, values: [$node] }] }] }
END
  done
}

if [ "${1:-}" = kube-apiserver ]; then
  api_server
  exit
fi
certificates
for user in admin kube-controller-manager kube-scheduler kubelet kube-proxy; do kubeconfig $user; done
network
control_plane
containers
node
{ sed "s,@DNS_IP@,$dns_ip," "$here/addons.yaml.in"; volumes; } | kube apply -f - > /dev/null
kube -n kube-system rollout status deployment/coredns --timeout=120s > /dev/null
echo "the cluster is up: KUBECONFIG=$state/admin.kubeconfig"
