#!/bin/sh
# setup.sh DIR: brings everything that the Perl benchmark needs into DIR, and builds our client there for release.
#
# The peers are packages of the Debian that the machine runs, which fixes their versions: DIR/versions.json says which they are.
# Afterwards DIR/bin/perl runs the programs beside this file.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
mkdir -p "$1/bin"
dir=$(cd "$1" && pwd)
perl=${PERL:-perl}

# What the tests' modules happen to be is not to count here.
PERL5LIB=$(printf '%s' "${PERL5LIB:-}" | tr ':' '\n' | grep -v "^$root/" | paste -s -d : -)
export PERL5LIB

${PYTHON:-python3} "$root/scripts/asterisk/perl_modules.py" "$perl" "$dir/modules" $(sed 's/ *#.*//' "$here/packages.txt")

# A copy of the sources, so that the debug build in the checkout stays as it is.
build=$dir/build
rm -rf "$build"
mkdir "$build"
(cd "$root/bindings/perl" && tar cf - $(grep -v '^t/' MANIFEST)) | (cd "$build" && tar xf -)
cd "$build"
$perl Makefile.PL PROFILE=release WORKSPACE="$root" NO_META=1 >/dev/null 2>"$build/said" || { cat "$build/said" >&2; exit 1; }
make pure_all >/dev/null

cat >"$dir/bin/perl" <<END
#!/bin/sh
PERL5LIB=$dir/build/blib/lib:$dir/build/blib/arch:$dir/modules/arch:$dir/modules/share\${PERL5LIB:+:\$PERL5LIB} exec $perl "\$@"
END
chmod +x "$dir/bin/perl"
"$dir/bin/perl" "$here/versions.pl" >"$dir/versions.json"
