"""apt with its state in a folder of ours, and never the machine's. What it downloads and verifies (the archive's
signature, the hash of every package) any user may unpack into any folder.
"""

import fcntl
import os
import re
import shutil
import stat
import subprocess
from contextlib import contextmanager
from pathlib import Path

MIRROR_VARIABLE = "ARI_ASTERISK_MIRROR"
KEYRINGS = [Path(f"/usr/share/keyrings/debian-archive-keyring.{kind}") for kind in ("gpg", "pgp")]


class Failure(Exception):
    """Something a person has to see to. The text says what."""


class Unavailable(Failure):
    """Debian's packages cannot be had on this machine."""


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


class Apt:
    """Packages of one suite of Debian for this machine's architecture; by default, of the suite that it runs itself."""

    def __init__(self, work, suite=None):
        self.work = work
        self.debs = work / "debs"
        self.suite = suite
        for tool in ("apt-get", "dpkg", "dpkg-deb"):
            if not shutil.which(tool):
                raise Unavailable(f"there is no {tool} on this machine.")
        self.keyring = next((path for path in KEYRINGS if path.exists()), None)
        if not self.keyring:
            raise Unavailable("without the package debian-archive-keyring no download could be verified.")
        self.architecture = self.output(["dpkg", "--print-architecture"]).strip()

    def update(self):
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
        mirror, suite = os.environ.get(MIRROR_VARIABLE), self.suite
        if not (mirror and suite):
            machine_mirror, machine_suite = self.machine_source()
            mirror, suite = mirror or machine_mirror, suite or machine_suite
        options = f"arch={self.architecture} target=Packages signed-by={self.keyring}"
        (self.work / "sources.list").write_text(f"deb [{options}] {mirror} {suite} main\n")
        with open(self.work / "apt.conf", "a") as file:
            file.write(f'Dir::Etc::SourceList "{self.work}/sources.list";\n')
            file.write('Dir::Etc::SourceParts "/dev/null";\n')
            file.write('Dir::Etc::Preferences "/dev/null";\nDir::Etc::PreferencesParts "/dev/null";\n')
        self.get("update")

    def machine_source(self):
        """The Debian mirror and suite that the machine's own apt would update from, security aside."""
        for line in self.get("update", "--print-uris").splitlines():
            match = re.match(r"'((?:https?|file|copy):[^']*?/debian)/+dists/([^/']*)/InRelease'", line)
            if match:
                return match.groups()
        raise Unavailable(f"apt here knows no Debian mirror. Name one in {MIRROR_VARIABLE}.")

    def closure(self, packages):
        """The names of all packages that these depend on, and their own."""
        listing = self.get("install", "--no-install-recommends", "--print-uris", *packages)
        return re.findall(r"^'[^']*' ([^_]+)_", listing, re.MULTILINE)

    def unpack(self, packages, folder):
        """Downloads packages and unpacks them into a folder; gives the names of their files."""
        self.get("download", *packages, cwd=self.debs)
        debs = sorted(self.debs.glob("*.deb"))
        for deb in debs:
            self.output(["dpkg-deb", "--extract", str(deb), str(folder)])
        return [deb.name for deb in debs]

    def get(self, *arguments, cwd=None):
        return self.output(["apt-get", "-q", "-c", str(self.work / "apt.conf"), *arguments], cwd)

    def output(self, command, cwd=None):
        environment = {**os.environ, "LC_ALL": "C"}
        done = subprocess.run(command, capture_output=True, text=True, cwd=cwd, env=environment)
        if done.returncode != 0:
            said = "\n".join(done.stderr.strip().splitlines()[-8:])
            raise Unavailable(f"`{command[0]} {command[-1]}` failed:\n{said}\n(another mirror: {MIRROR_VARIABLE})")
        return done.stdout
