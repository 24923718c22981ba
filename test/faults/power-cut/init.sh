#!/bin/busybox sh
# The first program of the guest: drivers, network, the data disk, and then the subject of the test. There is no clean
# way out on purpose: the machine is only ever switched off hard.
/bin/busybox --install -s /bin
export PATH=/bin
mkdir -p /proc /sys /dev /data /repo /tmp
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
while read -r module; do insmod "$module" || echo "guest: no $module"; done < /modules.list

# What the host asks for: subject=... sync=... on the kernel's command line.
for word in $(cat /proc/cmdline); do
  case $word in subject=* | sync=*) export "$word" ;; esac
done

ip link set lo up
ip addr add 10.0.2.15/24 dev eth0
ip link set eth0 up
ip route add default via 10.0.2.2
mount -t ext4 /dev/vda /data || echo 'guest: the data disk does not mount'
echo "guest: up, subject=$subject sync=$sync"
. "/subject-$subject.sh"
echo "guest: the subject ended with $?"
sleep 1000000
