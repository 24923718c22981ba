# The whole platform from the working copy, which the host shares read-only; its state is on the data disk.
mount -t 9p -o trans=virtio,version=9p2000.L,ro,cache=loose repo /repo || echo 'guest: no repo'
mkdir -p /run /etc
echo 'root:x:0:0:root:/tmp:/bin/sh' > /etc/passwd
echo '127.0.0.1 localhost' > /etc/hosts
# The only difference between the runs is in the broker's configuration, so a run with another sync_interval can lose mail.
cat > /tmp/broker <<'SCRIPT'
#!/bin/sh
if [ "$sync" != always ] && [ "$1" = -c ]; then
  sed -i "s/sync_interval: always/sync_interval: $sync/" "$2"
fi
exec /bin/nats-server "$@"
SCRIPT
chmod +x /tmp/broker
export NATS_SERVER=/tmp/broker HOME=/tmp
# What one process has compiled the next need not: without KVM that is most of the start.
export NODE_COMPILE_CACHE=/tmp/compiled
# It gives up when a service is not ready after two minutes, which a slow guest may need.
until /repo/node_modules/node/bin/node /repo/cli/main.ts up /manifests --state /data/state; do
  echo "guest: postrider up ended with $?"
  sleep 1
done
