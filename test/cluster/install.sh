#!/usr/bin/env bash
# Installs the Debian packages that a cluster on this machine needs (test/cluster/packages), where they are missing. As root.
#   install.sh [PACKAGE...]   and these
set -euo pipefail
mapfile -t packages < "$(dirname "$0")/packages"
packages+=("$@")
missing=()
for package in "${packages[@]}"; do
  dpkg-query -W -f='${Status}' "$package" 2> /dev/null | grep -q 'install ok installed' || missing+=("$package")
done
[ ${#missing[@]} -eq 0 ] && exit
echo "installing ${missing[*]}"
# The cluster starts its own containerd and etcd; the packages are to start none.
if [ ! -e /usr/sbin/policy-rc.d ]; then
  printf '#!/bin/sh\nexit 101\n' > /usr/sbin/policy-rc.d
  chmod +x /usr/sbin/policy-rc.d
  trap 'rm -f /usr/sbin/policy-rc.d' EXIT
fi
log=$(mktemp)
export DEBIAN_FRONTEND=noninteractive
{ apt-get update -qq && apt-get install -y -qq --no-install-recommends "${missing[@]}"; } > "$log" 2>&1 < /dev/null || { tail -20 "$log" >&2; exit 1; }
