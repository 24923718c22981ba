# Everything a person runs. `make run` and `make test` set up what they need; the rest builds on them. `make help` prints the first
# sentence of the comment above each target.
NODE := node_modules/.bin/node
FOLDERS := lib services operator standalone cli
PACKAGES := ^(lib|services)/[^/]+|^(operator|standalone|cli)
DEPCRUISE := $(NODE) node_modules/.bin/depcruise

.PHONY: help run test check unit generate coverage graph test-clients properties programs notices blackbox bench robustness brute-force scanning faults limits hostile fuzz deferred power-cut images cluster cluster-down e2e format clean clock-jumps

# Lists the targets.
help:
	@awk '/^# / { text = text substr($$0, 3) " "; next } \
	  /^[a-z][a-z0-9-]*:/ && text != "" { sub(/:.*/, ""); sub(/\. .*/, ".", text); printf "%-16s %s\n", $$0, text } \
	  !/^[.A-Z]/ { text = "" }' Makefile

# The platform of examples/quickstart on this machine. FOLDER and STATE choose others.
FOLDER ?= examples/quickstart
STATE ?= .postrider
run: node_modules/.ready
	@$(NODE) cli/main.ts up $(FOLDER) --state $(STATE)

# Types, lint, format, then every test against real servers. What needs a Debian package that is missing says so and is skipped.
test: check
	@$(NODE) test/run.ts $(FILES)

# Types, lint, the boundaries between packages, exports and dependencies that nothing uses, format.
check: node_modules/.ready
	@$(NODE) node_modules/typescript/bin/tsc --noEmit
	@$(NODE) node_modules/eslint/bin/eslint.js .
	@$(DEPCRUISE) --output-type err $(FOLDERS) test
	@$(NODE) node_modules/.bin/knip --no-config-hints
	@$(NODE) node_modules/prettier/bin/prettier.cjs --check --log-level warn .
	@$(NODE) node_modules/textlint/bin/textlint.js "docs/**/*.md" "*.md" "{lib,services,operator,cli,standalone,test}/**/*.ts"
	@$(NODE) node_modules/cspell/bin.mjs --no-progress --quiet

# The tests beside the code that open no socket and start no process (seconds; test/README.md).
unit: node_modules/.ready
	@$(NODE) test/unit/main.ts

# Writes what is generated from code: the CRDs and the chart's copy, docs/resources.md, the tables of retries and metrics, the golden files of
# operator/shapes.
generate: node_modules/.ready
	@$(NODE) test/generated/main.ts

# Which lines the tests beside the code reach, by package. FILES chooses other test files.
coverage: node_modules/.ready
	@$(NODE) test/coverage/main.ts $(FILES)

# Which package imports which, as text.
graph: node_modules/.ready
	@$(DEPCRUISE) --collapse '$(PACKAGES)' --exclude '\.test\.ts$$' --output-type text $(FOLDERS) | grep -v node_modules | sort

# Mail as real programs write it, sent to Postrider and to Postfix (with Debian's packages). ARGS=--write makes docs/programs.md of it.
programs: node_modules/.ready
	@$(NODE) test/programs/main.ts $(ARGS)

# Notices to senders when mail fails, is delayed or was delivered. ARGS=--write makes docs/notices.md of it.
notices: node_modules/.ready
	@$(NODE) test/notices/main.ts $(ARGS)

# What the RFCs ask of a submission server, tried over raw sockets on Postrider and Postfix; one table (needs postfix and sasl2-bin
# for the second half). ARGS=--write makes docs/blackbox.md of it.
blackbox: node_modules/.ready
	@$(NODE) test/blackbox/main.ts $(ARGS)

# Each property with SEEDS seeds (1,000: some hours on two cores); SEED=n repeats one, FILES chooses test files.
SEEDS ?= 1000
properties: node_modules/.ready
	@$(NODE) test/properties.ts --seeds $(SEEDS) $(FILES)

# Every guide in docs/integrations as its reader would run it, with the real libraries, against a running platform (needs the Debian
# packages of .ci/packages; npm, PyPI and Maven Central the first time).
test-clients: node_modules/.ready
	@$(NODE) test/clients/main.ts $(GUIDES)

# Postfix and Postrider in turn, same load, same receiver (needs Debian's postfix; opendkim for the signed half).
bench: node_modules/.ready
	@$(NODE) test/bench/main.ts $(ARGS)

# A client's latency while 2,200 idle, slow and logged-in attackers hang on the ingress, in pairs with calm rounds (some 13 minutes).
robustness: node_modules/.ready
	@$(NODE) test/bench/robustness/main.ts $(ARGS)

# 10,000 wrong passwords for one account from 100 addresses, while its owner sends mail.
brute-force: node_modules/.ready
	@$(NODE) test/bench/brute-force/main.ts $(ARGS)

# What clamd and rspamd say about mails, how long that takes, and what happens when they are down or hang (needs Debian's clamav-daemon and
# rspamd; some 8 minutes).
scanning: node_modules/.ready
	@$(NODE) test/bench/scanning/main.ts $(ARGS)

# kill -9 of every process in turn under load: nothing accepted is lost.
faults: node_modules/.ready
	@$(NODE) test/faults/main.ts $(ARGS)

# A broker of three servers: one stopped, killed, cut off or wiped under load, and a rolling restart (some 15 minutes).
.PHONY: cluster-faults
cluster-faults: node_modules/.ready
	@$(NODE) test/cluster-faults/main.ts $(ARGS)

# 8 client processes, 2 ingress processes and a limit of 1,000 messages a day, in peace and with kill -9 in between.
limits: node_modules/.ready
	@$(NODE) test/faults/limits.ts

# More than a hundred ways in which remotes and their DNS misbehave, and tarpits, beside a destination that is well (some 15 minutes).
# ARGS=--write makes docs/hostile.md of it; ARGS="--only tls" tries some of them.
hostile: node_modules/.ready
	@$(NODE) test/hostile/main.ts $(ARGS)

# 100,000 deferred messages, a restart of everything, and all delivered at their time (some ten minutes).
deferred: node_modules/.ready
	@$(NODE) test/faults/deferred.ts $(ARGS)

# The clocks of a running platform's services are set by an hour either way and by 40 days (needs Debian's libfaketime).
clock-jumps: node_modules/.ready
	@$(NODE) test/clock-jumps/main.ts

# A million mutated inputs for the parsers and the ports; ARGS="--seed N" repeats a run.
fuzz: node_modules/.ready
	@$(NODE) --expose-gc test/fuzz/main.ts $(ARGS)

# The power is cut under qemu, on a disk that loses what was not flushed (needs qemu-system-x86, busybox-static, cpio, e2fsprogs).
power-cut: node_modules/.ready
	@$(NODE) test/faults/power-cut/run.ts $(ARGS)

# Images of the platform and of a broker, as archives below .cache/images (needs docker, podman or buildah).
images: node_modules/.ready
	@images/build.sh

# A Kubernetes cluster of one node on this machine, without Docker (needs root); cluster-down ends it.
cluster:
	@test/cluster/up.sh

# Ends the cluster.
cluster-down:
	@test/cluster/down.sh

# The way of a user through a cluster, from helm install to a quiet uninstall, under load (needs root, or KUBECONFIG).
e2e: node_modules/.ready
	@$(NODE) test/e2e/main.ts

# Formats everything.
format: node_modules/.ready
	@$(NODE) node_modules/prettier/bin/prettier.cjs --write --log-level warn .

# Removes what make has brought and built.
clean:
	rm -rf node_modules .cache

# The lock file decides; npm brings its own Node 24 into node_modules, whatever the machine's is.
node_modules/.ready: package-lock.json
	@npm ci --no-audit --no-fund --loglevel=error
	@touch $@
