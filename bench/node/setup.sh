#!/bin/sh
# setup.sh DIR: the peers at the versions of package-lock.json and our client, built for release, in DIR/node_modules.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
mkdir -p "$1"
dir=$(cd "$1" && pwd)

cp "$here/package.json" "$here/package-lock.json" "$dir/"
if ! cmp -s "$dir/package-lock.json" "$dir/installed.json"; then
    (cd "$dir" && "${NPM:-npm}" ci --prefer-offline --no-audit --no-fund --loglevel=error >/dev/null)
    cp "$dir/package-lock.json" "$dir/installed.json"
fi

# A copy of the package, so that the addon in the checkout stays the one of its tests.
cd "$root"
"${CARGO:-cargo}" build --quiet --release --package ari-node
target=${CARGO_TARGET_DIR:-target}/release
ours=$dir/node_modules/asterisk-ari
rm -rf "$ours"
mkdir -p "$ours"
cp -R bindings/node/package.json bindings/node/index.js bindings/node/lib bindings/node/generated "$ours/"
for built in "$target/libari_node.so" "$target/libari_node.dylib" "$target/ari_node.dll"; do
    [ ! -f "$built" ] || cp "$built" "$ours/native.node"
done
echo "module.exports = require('./native.node');" >"$ours/native.js"
