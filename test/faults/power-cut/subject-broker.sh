# A broker alone: the host publishes to it.
cat > /tmp/nats.conf <<CONF
listen: "0.0.0.0:4222"
jetstream { store_dir: "/data/store", sync_interval: $sync, max_file_store: 400MB }
CONF
nats-server -c /tmp/nats.conf
