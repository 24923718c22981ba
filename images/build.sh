#!/usr/bin/env bash
# Builds the images and writes them as archives into $OUT (default .cache/images), with their sizes.
#   TAG       tag of postrider (default: the version in package.json)
#   REVISION  commit to build, without a broker; an archive of the same commit that is there already stays. Default: this checkout
#   BASE      image with Node 24 at its PATH; without it, and with buildah, mmdebstrap and the node of this checkout make one
# Uses docker, podman or buildah, whichever is there.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
cd "$root"
out=${OUT:-$root/.cache/images}
tag=${TAG:-$(sed -n 's/^  "version": "\(.*\)",$/\1/p' package.json)}
mkdir -p "$out"
out=$(cd "$out" && pwd)
# A commit never changes, so neither does its image.
commit=
if [ -n "${REVISION:-}" ]; then
  commit=$(git rev-parse --verify --quiet "$REVISION^{commit}") ||
    { echo "commit $REVISION is not in this clone; a shallow one needs: git fetch --unshallow" >&2; exit 1; }
  [ -f "$out/postrider.tar" ] && [ "$(cat "$out/commit" 2> /dev/null)" = "$commit $tag" ] && exit
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

for tool in docker podman buildah none; do
  if [ $tool = docker ]; then docker info > /dev/null 2>&1 && break; else command -v $tool > /dev/null && break; fi
done
[ $tool = none ] && { echo 'building images needs docker, podman or buildah' >&2; exit 1; }

# What is committed or staged to be, without tests and benchmarks; then the packages that run, by the lock file.
stage() {
  mkdir -p "$work/app"
  local parts=(package.json package-lock.json .npmrc LICENSE lib services operator standalone cli crds test/package.json)
  if [ -n "$commit" ]; then
    # Not every commit has every one of these folders.
    mapfile -t parts < <(git ls-tree --name-only "$commit" -- "${parts[@]}")
    git archive "$commit" -- "${parts[@]}" | tar -xf - -C "$work/app"
  else
    git ls-files -z -- "${parts[@]}" | tar --null -T - -cf - | tar -xf - -C "$work/app"
  fi
  find "$work/app" -name '*.test.ts' -delete
  (cd "$work/app" && npm ci --omit=dev --no-audit --no-fund --ignore-scripts > "$out/npm.log" 2>&1) || { tail -20 "$out/npm.log" >&2; exit 1; }
  rm -rf "$work/app/test" "$work/app/node_modules/@postrider/test"
  chmod -R a+rX "$work/app"
}

# A Debian with what node needs, and the node of this checkout.
base() {
  local tar=$root/.cache/images/base.tar
  if [ ! -f "$tar" ]; then
    mkdir -p "${tar%/*}"
    mmdebstrap --quiet --variant=essential --include=ca-certificates,libstdc++6 --dpkgopt='path-exclude=/usr/share/doc/*' \
      --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
      --customize-hook='rm -rf "$1"/var/lib/apt/lists/* "$1"/var/cache/*' bookworm "$tar.$$.tar"
    mv "$tar.$$.tar" "$tar"
  fi
  local node container image
  node=$(readlink -f node_modules/.bin/node)
  # Images of one base share its layers, which are then unpacked once.
  image=localhost/postrider-base:$(cat "$tar" "$node" | sha256sum | cut -c1-12)
  if ! buildah inspect --type image "$image" > /dev/null 2>&1; then
    container=$(buildah from scratch)
    buildah add -q "$container" "$tar" / > /dev/null
    buildah copy -q "$container" "$node" /usr/local/bin/node > /dev/null
    buildah commit -q "$container" "$image" > /dev/null
    buildah rm "$container" > /dev/null
  fi
  echo "$image"
}

build() { # name containerfile context
  local image=$1 file=$2 context=$3 archive=$out/${1##*/}
  archive=${archive%%:*}.tar
  rm -f "$archive"
  case $tool in
    buildah) buildah bud -q --isolation chroot "${arguments[@]}" -t "$image" -f "$file" "$context" > /dev/null && buildah push -q "$image" "docker-archive:$archive:$image" ;;
    podman) podman build -q "${arguments[@]}" -t "$image" -f "$file" "$context" > /dev/null && podman save -q -o "$archive" "$image" ;;
    docker) docker build -q "${arguments[@]}" -t "$image" -f "$file" "$context" > /dev/null && docker save -o "$archive" "$image" ;;
  esac
  echo "$image: $(($(stat -c %s "$archive") / 1000000)) MB, $archive"
}

stage
arguments=()
if [ -n "${BASE:-}" ]; then arguments=(--build-arg "BASE=$BASE"); elif [ $tool = buildah ]; then arguments=(--build-arg "BASE=$(base)"); fi
build "localhost/postrider:$tag" images/Containerfile "$work"
if [ -n "$commit" ]; then
  echo "$commit $tag" > "$out/commit"
  exit
fi
mkdir "$work/nats"
node_modules/.bin/node -e 'import("@postrider/standalone/nats-server/find").then(async ({ findBroker }) => console.log(await findBroker(() => undefined)))' |
  xargs -I{} cp {} "$work/nats/nats-server"
build localhost/postrider-nats:test images/nats.Containerfile "$work/nats"
