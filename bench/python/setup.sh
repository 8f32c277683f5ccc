#!/bin/sh
# setup.sh FOLDER: the peers at their fixed versions and our client, built for release, in FOLDER/venv. The classic package has
# our client's name, so it lies beside it, changed to run on Python 3; so does wsaccel, which changes a peer by being there.
set -eu
mkdir -p "$1"
folder=$(cd "$1" && pwd)
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
python=$folder/venv/bin/python

[ -x "$python" ] || "${PYTHON:-python3}" -m venv "$folder/venv"
install() {
    "$python" -m pip --quiet --disable-pip-version-check install "$@"
}

install --requirement "$here/requirements.txt"
[ -d "$folder/wsaccel" ] || install --no-deps --target "$folder/wsaccel" wsaccel==0.6.7
if [ ! -d "$folder/classic" ]; then
    rm -rf "$folder/sdist"
    "$python" -m pip --quiet --disable-pip-version-check download --no-deps --no-binary :all: --dest "$folder/sdist" \
        ari==0.1.3 swaggerpy==0.2.1
    "$python" "$here/classic.py" "$folder/sdist" "$folder/classic"
fi

cd "$top"
rm -rf "$folder/wheels"
PYO3_PYTHON=$python "$python" -m maturin build --quiet --release --manifest-path bindings/python/Cargo.toml \
    --interpreter "$python" --out "$folder/wheels"
install --force-reinstall --no-deps "$folder"/wheels/asterisk_ari-*.whl
