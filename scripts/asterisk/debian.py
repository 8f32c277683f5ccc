"""A real Asterisk out of Debian's packages, unpacked by any user into a folder, which may be moved.

Asterisk runs through the C library that came along, so the machine's own does not matter.
"""

import re
import subprocess
import sys
from pathlib import Path

from apt import Apt, Failure, Unavailable, lock, remove

# Debian's suite, and the shared libraries that the modules of conf/modules.conf need. Asterisk's packages depend on
# four times as many (160 packages); when the archive has moved on and this list does not do any more, all are taken.
RELEASES = {
    "22": (
        "forky",
        "libbrotli1 libbsd0 libc6 libcap2 libcom-err2 libcrypt1 libcurl4t64 libedit2 libgcc-s1 libgsm1 "
        "libgssapi-krb5-2 libidn2-0 libjansson4 libk5crypto3 libkeyutils1 libkrb5-3 libkrb5support0 libldap2 "
        "libmd0 libnghttp2-14 libnghttp3-9 libngtcp2-16 libngtcp2-crypto-ossl0 libopus0 libpsl5t64 libsasl2-2 "
        "libsqlite3-0 libssh2-1t64 libssl3t64 libstdc++6 libsystemd0 libtinfo6 libunistring5 liburiparser1 "
        "libuuid1 libxml2-16 libxslt1.1 libzstd1 zlib1g",
    ),
    "16": (
        "bullseye",
        "libbrotli1 libbsd0 libc6 libcap2 libcom-err2 libcrypt1 libcurl4 libedit2 libffi7 libgcc-s1 "
        "libgcrypt20 libgmp10 libgnutls30 libgpg-error0 libgsm1 libgssapi-krb5-2 libhogweed6 libicu67 "
        "libidn2-0 libjansson4 libk5crypto3 libkeyutils1 libkrb5-3 libkrb5support0 libldap-2.4-2 liblz4-1 "
        "liblzma5 libmd0 libnettle8 libnghttp2-14 libp11-kit0 libpsl5 librtmp1 libsasl2-2 libsqlite3-0 "
        "libssh2-1 libssl1.1 libstdc++6 libsystemd0 libtasn1-6 libtinfo6 libunistring2 liburiparser1 libuuid1 "
        "libxml2 libxslt1.1 libzstd1 zlib1g",
    ),
}
ASTERISK = "asterisk asterisk-modules asterisk-core-sounds-en-gsm"

# dpkg's name of the architecture -> where its libraries lie, and the loader among them.
ARCHITECTURES = {
    "amd64": ("x86_64-linux-gnu", "ld-linux-x86-64.so.2"),
    "arm64": ("aarch64-linux-gnu", "ld-linux-aarch64.so.1"),
}

ALTERNATIVE = """\
The way without it: an Asterisk of your own, named by ARI_URL (http://host:8088), ARI_USERNAME and ARI_PASSWORD in the
environment. It needs the dialplan of scripts/asterisk/conf/extensions.conf in its context `default`, and the English
core sounds."""


def unavailable(reason):
    return Failure(f"No Asterisk can be had from Debian's packages here: {reason}\n\n{ALTERNATIVE}")


def get(home, release):
    """The folder of the unpacked release; brought in if it is not there. Safe to be called by several at once."""
    prefix = home / "releases" / release
    if (prefix / "asterisk").exists():
        return prefix
    with lock(home / "releases" / "lock"):
        if (prefix / "asterisk").exists():
            return prefix
        # Under another name until it is whole: what an interrupted run left behind is never used.
        unfinished = prefix.with_name(release + ".unfinished")
        remove(unfinished)
        unfinished.mkdir()
        try:
            print(f"Bringing Asterisk {release} from Debian (about 40 packages, 25 MB) ...", file=sys.stderr)
            Fetch(unfinished, release).run()
            remove(prefix)
            unfinished.rename(prefix)
        except Unavailable as reason:
            raise unavailable(reason) from reason
        finally:
            remove(unfinished)
    return prefix


class Fetch:
    """One download into one empty folder."""

    def __init__(self, prefix, release):
        self.prefix = prefix
        self.suite, self.libraries = RELEASES[release]
        self.release = release

    def run(self):
        work = self.prefix / ".apt"
        self.apt = Apt(work, self.suite)
        architecture = self.apt.architecture
        if architecture not in ARCHITECTURES:
            raise Unavailable(f"this is known for {' and '.join(ARCHITECTURES)}, not for {architecture}.")
        self.triplet, self.loader = ARCHITECTURES[architecture]
        self.apt.update()
        try:
            self.unpack(f"{ASTERISK} {self.libraries}".split())
            self.arrange()
            complete = not self.missing()
        except Unavailable:
            complete = False
        if not complete:
            print("The short list of packages does not fit this archive; taking all 160 (80 MB) ...", file=sys.stderr)
            self.unpack(self.apt.closure(ASTERISK.split()))
            self.arrange()
            missing = self.missing()
            if missing:
                raise Unavailable(f"the packages leave libraries missing: {', '.join(missing)}.")
        remove(work)

    def unpack(self, packages):
        files = self.apt.unpack(packages, self.prefix)
        (self.prefix / "packages.txt").write_text("".join(f"{name}\n" for name in files))

    def arrange(self):
        """What Debian's installer would do, and what lets Asterisk run from any folder."""
        share = self.prefix / "usr/share"
        for name in ("doc", "man", "locale", "info", "lintian", "bug", "perl"):
            remove(share / name)
        sounds = share / "asterisk/sounds"
        for link in ("en", "custom", "recordings", "priv-callerintros"):  # they point out of the folder
            if (sounds / link).is_symlink():
                (sounds / link).unlink()
        (sounds / "en").symlink_to("en_US_f_Allison")
        music = share / "asterisk/moh"
        if music.is_symlink():
            music.unlink()
        music.mkdir(exist_ok=True)
        for name in ("demo-congrats.gsm", "demo-instruct.gsm", "demo-moreinfo.gsm"):
            if (sounds / "en" / name).exists() and not (music / name).exists():
                (music / name).symlink_to(f"../sounds/en/{name}")
        modules = next(self.prefix.glob("usr/lib/**/asterisk/modules"), None)
        if not modules or not self.loader_path():
            raise Unavailable("the packages are not laid out as expected.")
        link = self.prefix / "modules"
        if not link.is_symlink():
            link.symlink_to(modules.relative_to(self.prefix))
        self.start_script()

    def loader_path(self):
        """The loader of the C library that came along, relative to the prefix."""
        paths = (f"{folder}/{self.loader}" for folder in self.library_folders())
        return next((path for path in paths if (self.prefix / path).exists()), None)

    def library_folders(self):
        return (f"usr/lib/{self.triplet}", f"lib/{self.triplet}", "usr/lib")

    def start_script(self):
        """Called with a relative name, it works in a folder of any name (the loader splits its list of folders at `:`
        and `;`). `core restart` executes Asterisk's argv[0] again: with --argv0 that is this script, without it (the
        C library of release 16 is too old to know the option) the restart ends the process."""
        argv0 = "" if self.release == "16" else '--argv0 "$0" '
        libraries = ":".join(f"$here/{folder}" for folder in self.library_folders())
        script = self.prefix / "asterisk"
        script.write_text(f"""\
#!/bin/sh
here=$(dirname "$0")
exec "$here/{self.loader_path()}" {argv0}--inhibit-cache --library-path "{libraries}" \\
    "$here/usr/sbin/asterisk" "$@"
""")
        script.chmod(0o755)

    def missing(self):
        """The shared libraries that Asterisk or a module of ours would not find."""
        wanted = set(wanted_modules())
        modules = [f"modules/{path.name}" for path in (self.prefix / "modules").iterdir() if path.name in wanted]
        command = [self.loader_path(), "--inhibit-cache", "--library-path", ":".join(self.library_folders()), "--list"]
        lost = set()
        for program in ["usr/sbin/asterisk", *modules]:
            # Relative to the prefix, whose name may hold what separates folders.
            listing = subprocess.run([*command, program], capture_output=True, text=True, cwd=self.prefix)
            lost.update(re.findall(r"(\S+) => not found", listing.stdout))
            lost.update(re.findall(r"(\S+): cannot open shared object file", listing.stderr))
        return sorted(lost)


def wanted_modules():
    """The names in conf/modules.conf."""
    text = (Path(__file__).parent / "conf/modules.conf").read_text()
    return re.findall(r"^load = (\S+)", text, re.MULTILINE)
