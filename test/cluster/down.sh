#!/usr/bin/env bash
# Ends the cluster that up.sh started, by pid, and takes away its containers, mounts, interfaces and rules.
#   STATE  as for up.sh; images and certificates stay for the next start, --all removes them too
set -uo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
bin=${K8S_BIN:-$root/.cache/k8s}
state=${STATE:-$root/.cache/cluster}
[ -d "$state/pid" ] || { echo 'there is no cluster'; exit; }
state=$(cd "$state" && pwd)
socket=$state/containerd/containerd.sock

end() { # names...
  local name pid
  for name in "$@"; do
    pid=$(cat "$state/pid/$name" 2> /dev/null) || continue
    # After a restart of the machine another program may have the number.
    tr '\0' ' ' < "/proc/$pid/cmdline" 2> /dev/null | grep -q "$name" || { rm -f "$state/pid/$name"; continue; }
    kill "$pid" 2> /dev/null
    for _ in $(seq 50); do kill -0 "$pid" 2> /dev/null || break; sleep .1; done
    kill -9 "$pid" 2> /dev/null
    rm -f "$state/pid/$name"
  done
}

# First those that would start containers again.
end kubelet kube-scheduler kube-controller-manager
for task in $(ctr -a "$socket" -n k8s.io task ls -q 2> /dev/null); do
  ctr -a "$socket" -n k8s.io task kill -s 9 "$task"
done 2> /dev/null
sleep 1
for container in $(ctr -a "$socket" -n k8s.io containers ls -q 2> /dev/null); do
  ctr -a "$socket" -n k8s.io task rm -f "$container"
  ctr -a "$socket" -n k8s.io containers rm "$container"
done > /dev/null 2>&1
end containerd kube-proxy kube-apiserver etcd
"$bin/kube-proxy" --cleanup > /dev/null 2>&1
awk -v below="$state/" 'index($2, below) == 1 { print $2 }' /proc/mounts | sort -r | xargs -r -n1 umount
ip link delete prpods 2> /dev/null
ip link delete prnode 2> /dev/null
# What the cluster held: the next one begins with nothing.
rm -rf "$state"/{etcd,kubelet,volumes,cni,containerd/run}
[ "${1:-}" = --all ] && rm -rf "$state"
echo 'the cluster is down'
