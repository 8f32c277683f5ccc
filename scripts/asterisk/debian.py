"""A real Asterisk out of Debian's packages, unpacked by any user into a folder, which may be moved.

apt itself downloads and verifies (the archive's signature, the hash of every package), with its state in our folder and
never the machine's. Asterisk then runs through the C library that came along, so the machine's own does not matter.
"""

import fcntl
import os
import re
import shutil
import stat
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

MIRROR_VARIABLE = "ARI_ASTERISK_MIRROR"
KEYRINGS = [Path(f"/usr/share/keyrings/debian-archive-keyring.{kind}") for kind in ("gpg", "pgp")]

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


class Failure(Exception):
    """Something a person has to see to. The text says what."""


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
        finally:
            remove(unfinished)
    return prefix


@contextmanager
def lock(path):
    """Held until the end of the block, or of the process: nothing is left to clean up when that is killed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def remove(folder):
    """As rm -rf. Packages may bring folders without the right to write, which rmtree cannot empty."""
    if folder.is_dir():
        for path, _, _ in os.walk(folder):
            os.chmod(path, stat.S_IRWXU)
        shutil.rmtree(folder)


class Fetch:
    """One download into one empty folder."""

    def __init__(self, prefix, release):
        self.prefix = prefix
        self.suite, self.libraries = RELEASES[release]
        self.release = release
        self.work = prefix / ".apt"
        self.debs = self.work / "debs"

    def run(self):
        for tool in ("apt-get", "dpkg", "dpkg-deb"):
            if not shutil.which(tool):
                raise unavailable(f"there is no {tool} on this machine.")
        self.keyring = next((path for path in KEYRINGS if path.exists()), None)
        if not self.keyring:
            raise unavailable("without the package debian-archive-keyring no download could be verified.")
        self.architecture = self.output(["dpkg", "--print-architecture"]).strip()
        if self.architecture not in ARCHITECTURES:
            raise unavailable(f"this is known for {' and '.join(ARCHITECTURES)}, not for {self.architecture}.")
        self.triplet, self.loader = ARCHITECTURES[self.architecture]
        self.configure()
        self.apt("update")
        try:
            self.unpack(f"{ASTERISK} {self.libraries}".split())
            self.arrange()
            complete = not self.missing()
        except Failure:
            complete = False
        if not complete:
            print("The short list of packages does not fit this archive; taking all 160 (80 MB) ...", file=sys.stderr)
            self.unpack(self.closure())
            self.arrange()
            missing = self.missing()
            if missing:
                raise unavailable(f"the packages leave libraries missing: {', '.join(missing)}.")
        remove(self.work)

    def configure(self):
        """Our own lists, cache and status for apt; from the machine's only proxy, credentials and such."""
        for folder in ("lists/partial", "cache/archives/partial", "debs"):
            (self.work / folder).mkdir(parents=True)
        (self.work / "status").touch()
        (self.work / "apt.conf").write_text(f"""\
#clear APT::Architectures;
#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
Dir::State "{self.work}";
Dir::State::lists "{self.work}/lists";
Dir::State::status "{self.work}/status";
Dir::Cache "{self.work}/cache";
Dir::Log "{self.work}";
APT::Architecture "{self.architecture}";
APT::Install-Recommends "false";
// apt would hand the download to the user _apt, who may not write here.
APT::Sandbox::User "root";
// Frozen mirrors carry a Release file past its Valid-Until. Its signature and all hashes are checked all the same.
Acquire::Check-Valid-Until "false";
Acquire::AllowInsecureRepositories "false";
Acquire::AllowDowngradeToInsecureRepositories "false";
APT::Get::AllowUnauthenticated "false";
// A mirror that does not answer would be a mere warning.
APT::Update::Error-Mode "any";
Acquire::Languages "none";
Acquire::Retries "3";
Debug::NoLocking "true";
""")
        mirror = os.environ.get(MIRROR_VARIABLE) or self.machine_mirror()
        options = f"arch={self.architecture} target=Packages signed-by={self.keyring}"
        (self.work / "sources.list").write_text(f"deb [{options}] {mirror} {self.suite} main\n")
        with open(self.work / "apt.conf", "a") as file:
            file.write(f'Dir::Etc::SourceList "{self.work}/sources.list";\n')
            file.write('Dir::Etc::SourceParts "/dev/null";\n')
            file.write('Dir::Etc::Preferences "/dev/null";\nDir::Etc::PreferencesParts "/dev/null";\n')

    def machine_mirror(self):
        """The Debian mirror that the machine's own apt would take: the sources it would update from, security aside."""
        for line in self.apt("update", "--print-uris").splitlines():
            match = re.match(r"'((?:https?|file|copy):[^']*?/debian)/+dists/[^']*/InRelease'", line)
            if match:
                return match.group(1)
        raise unavailable(f"apt here knows no Debian mirror. Name one in {MIRROR_VARIABLE}.")

    def closure(self):
        """The names of all packages that Asterisk's depend on."""
        listing = self.apt("install", "--no-install-recommends", "--print-uris", *ASTERISK.split())
        return re.findall(r"^'[^']*' ([^_]+)_", listing, re.MULTILINE)

    def unpack(self, packages):
        self.apt("download", *packages, cwd=self.debs)
        debs = sorted(self.debs.glob("*.deb"))
        for deb in debs:
            self.output(["dpkg-deb", "--extract", str(deb), str(self.prefix)])
        (self.prefix / "packages.txt").write_text("".join(f"{deb.name}\n" for deb in debs))

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
            raise unavailable("the packages are not laid out as expected.")
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

    def apt(self, *arguments, cwd=None):
        return self.output(["apt-get", "-q", "-c", str(self.work / "apt.conf"), *arguments], cwd)

    def output(self, command, cwd=None):
        environment = {**os.environ, "LC_ALL": "C"}
        done = subprocess.run(command, capture_output=True, text=True, cwd=cwd, env=environment)
        if done.returncode != 0:
            said = "\n".join(done.stderr.strip().splitlines()[-8:])
            raise unavailable(f"`{command[0]} {command[-1]}` failed:\n{said}\n(another mirror: {MIRROR_VARIABLE})")
        return done.stdout


def wanted_modules():
    """The names in conf/modules.conf."""
    text = (Path(__file__).parent / "conf/modules.conf").read_text()
    return re.findall(r"^load = (\S+)", text, re.MULTILINE)
