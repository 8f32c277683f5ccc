#!/usr/bin/env python3
"""The Perl modules that the tests of the Perl client need, from Debian's packages: no root, and nothing is installed.

    perl_modules.py PERL FOLDER [PACKAGE=MODULE ...]

What is named is brought in place of that, for others who need some (bench/perl). Afterwards
`PERL5LIB=FOLDER/arch:FOLDER/share PERL` finds all of them. They come from the suite that the machine itself runs, so
that compiled ones fit its perl; what that has already is not brought. Asked once more, it looks whether all of it is
still there.
"""

import re
import subprocess
import sys
from pathlib import Path

from apt import Apt, Failure, Unavailable, remove

# Debian's package -> a module of it.
MODULES = {
    "libanyevent-perl": "AnyEvent",
    "libcpanel-json-xs-perl": "Cpanel::JSON::XS",
    "libfuture-perl": "Future",
    "libio-async-perl": "IO::Async::Loop",
    "libmojolicious-perl": "Mojo::IOLoop",
    "libperl-critic-perl": "Perl::Critic",
    "libtest-leaktrace-perl": "Test::LeakTrace",
    "libtry-tiny-perl": "Try::Tiny",
}


def missing(perl, modules, library=()):
    """The packages of the modules that this perl cannot load."""
    include = [f"-I{folder}" for folder in library]
    return [
        package
        for package, module in modules.items()
        if subprocess.run([*perl, *include, f"-M{module}", "-e", "1"], capture_output=True).returncode != 0
    ]


def bring(perl, folder, modules):
    """Makes the folder anew if it does not have, together with the machine, all that is needed."""
    if not missing(perl, modules, library(folder)):
        return
    remove(folder)
    unfinished = folder.with_name(folder.name + ".unfinished")
    remove(unfinished)
    unfinished.mkdir()
    packages = missing(perl, modules)
    try:
        if packages:
            print(f"Bringing {len(packages)} Perl modules and what they need from Debian ...", file=sys.stderr)
            fetch(packages, unfinished)
            absent = missing(perl, modules, library(unfinished))
            if absent:
                raise Unavailable(f"what came does not fit {' '.join(perl)}: {', '.join(absent)}.")
        unfinished.rename(folder)
    except Unavailable as reason:
        raise Failure(
            f"The Perl modules cannot be had from Debian's packages here: {reason}\n\n"
            f"The way without it: install them for {' '.join(perl)} yourself.\n"
            f"    on Debian  apt-get install {' '.join(packages)}\n"
            f"    from CPAN  cpan {' '.join(modules[package] for package in packages)}"
        ) from reason
    finally:
        remove(unfinished)


def library(folder):
    """Where Debian's modules lie, compiled ones first."""
    return [folder / "arch", folder / "share"]


def fetch(packages, folder):
    work = folder / ".apt"
    apt = Apt(work)
    apt.update()
    # perl itself and the C library are on the machine.
    modules = [name for name in apt.closure(packages) if re.fullmatch(r"lib.*-perl|perltidy", name)]
    apt.unpack(modules, folder)
    remove(work)
    compiled = next(folder.glob("usr/lib/*/perl5/*"), None)
    for name, target in zip(library(folder), (compiled, folder / "usr/share/perl5")):
        if target:
            name.symlink_to(target.relative_to(folder))


if __name__ == "__main__":
    try:
        named = dict(each.split("=") for each in sys.argv[3:])
        bring(sys.argv[1].split(), Path(sys.argv[2]).absolute(), named or MODULES)
    except Failure as failure:
        sys.exit(str(failure))
