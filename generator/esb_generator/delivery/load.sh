#!/bin/sh
# Loads this bundle: sh load.sh [DIR]; back to the one before: sh load.sh --roll-back [DIR]. DIR is the folder at this
# site that has .esb/, by default the one that you are in. It needs Docker, and no network.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
architecture='@ARCHITECTURE@'

fail() {
    echo "load.sh: $1" >&2
    exit 1
}

next() {
    echo "next: cd $site && docker compose up -d --wait --remove-orphans"
}

if [ "${1:-}" = --roll-back ]; then
    site=${2:-.}
    [ -d "$site/.esb.previous" ] || fail "$site/.esb.previous does not exist, so there is nothing to go back to"
    rm -rf "$site/.esb.new"
    mv "$site/.esb" "$site/.esb.new"
    mv "$site/.esb.previous" "$site/.esb"
    mv "$site/.esb.new" "$site/.esb.previous"
    next
    exit
fi

site=${1:-.}
engine=$(docker version --format '{{.Server.Arch}}') || fail "the Docker engine does not answer; start it"
[ "$engine" = "$architecture" ] ||
    fail "this bundle is for $architecture and the engine here is $engine; make one with esb bundle --platform linux/$engine"
(cd "$here" && sha256sum -c SHA256SUMS >/dev/null 2>&1) || fail "a file differs from SHA256SUMS; copy the bundle again"
if [ -f "$site/.esb/secrets.env" ] && ! cmp -s "$here/esb/secrets.env" "$site/.esb/secrets.env"; then
    fail "$site/.esb has other credentials, so it is of another stack; name another folder, or remove its .esb and its data"
fi
docker load --quiet --input "$here/images.tar" >/dev/null
mkdir -p "$site"
rm -rf "$site/.esb.new"
cp -R -p "$here/esb" "$site/.esb.new"
if [ -d "$site/.esb" ]; then
    rm -rf "$site/.esb.previous"
    mv "$site/.esb" "$site/.esb.previous"
fi
mv "$site/.esb.new" "$site/.esb"
[ -e "$site/compose.yaml" ] || cp "$here/compose.yaml" "$site/compose.yaml"
[ -e "$site/esb.env" ] || : >"$site/esb.env"
next
