"""One Asterisk: a folder with its configuration and state, and a process. Several run side by side."""

import base64
import ctypes
import json
import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import time
import urllib.request
from contextlib import suppress
from http.client import HTTPException
from pathlib import Path

from apt import Failure, remove
from debian import wanted_modules

CONF = Path(__file__).parent / "conf"
USERNAME, PASSWORD = "hey", "peekaboo"
FOLDERS = "etc cache var db keys run log agi spool/recording spool/outgoing".split()
# Asterisk complains when these are missing, and is content when they are empty.
EMPTY = "acl ccss chan_websocket features pjproject res_http_media_cache sorcery stasis udptl websocket_client".split()
PR_SET_PDEATHSIG = 1
LIBC = ctypes.CDLL(None)


class Instance:
    """The Asterisk of the folder `home/instances/name`, whether it runs or not."""

    def __init__(self, home, name):
        if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,40}", name):
            raise Failure(f"{name!r} is no name for an Asterisk: letters, digits, '-', '_' and '.' only.")
        self.home = home
        self.name = name
        self.folder = home / "instances" / name
        self.process = None

    @classmethod
    def all(cls, home):
        folders = sorted((home / "instances").glob("*/instance.json"))
        return [cls(home, path.parent.name) for path in folders]

    # What is known of it.

    def facts(self):
        """What the last start wrote down; {} when there was none."""
        try:
            return json.loads((self.folder / "instance.json").read_text())
        except (OSError, ValueError):
            return {}

    def note(self, **changes):
        facts = {**self.facts(), **changes}
        unfinished = self.folder / "instance.json.unfinished"
        unfinished.write_text(json.dumps(facts))
        unfinished.replace(self.folder / "instance.json")

    def pid(self):
        """Its process, if that runs. A number that another process has by now is not taken for it."""
        facts = self.facts()
        pid = facts.get("pid")
        return pid if pid and started(pid) == facts.get("started") else None

    def url(self):
        return f"http://127.0.0.1:{self.facts()['port']}"

    def report(self):
        """What a program needs that wants to talk to it."""
        facts = self.facts()
        return {
            "url": self.url(),
            "username": USERNAME,
            "password": PASSWORD,
            "port": facts["port"],
            "pid": self.pid(),
            "name": self.name,
            "dir": str(self.folder),
            "version": facts.get("version"),
        }

    def orphaned(self):
        """Whether it was to end with a process that is gone."""
        facts = self.facts()
        return "owner" in facts and started(facts["owner"]) != facts["owner_started"]

    # Its life.

    def prepare(self, prefix, port, overlays=(), additions=(), environment=(), owner=None):
        """A fresh folder: state of an earlier run (recordings, AstDB) would make runs differ. `owner` is the process
        with which the instance is to end."""
        remove(self.folder)
        for name in FOLDERS:
            (self.folder / name).mkdir(parents=True)
        entity = ":".join(f"{byte:02x}" for byte in b"\x02" + secrets.token_bytes(5))
        self.note(port=port, entity=entity, release=prefix.name, environment=dict(environment))
        if owner:
            self.note(owner=owner, owner_started=started(owner))
        (self.folder / "release").symlink_to(os.path.relpath(prefix, self.folder))
        for name in EMPTY:
            (self.folder / f"etc/{name}.conf").touch()
        here = str(self.folder).replace(";", "\\;")  # a comment would begin there
        for source in CONF.glob("*.conf"):
            text = source.read_text().replace("@PORT@", str(port)).replace("@ENTITY@", entity).replace("@HERE@", here)
            if source.name == "modules.conf":
                text = without_missing_modules(text, prefix / "modules")
            (self.folder / "etc" / source.name).write_text(text)
        for overlay in overlays:
            for source in sorted(Path(overlay).glob("*.conf")):
                shutil.copy(source, self.folder / "etc")
        for name, text in additions:
            with open(self.folder / "etc" / name, "a") as file:
                file.write("\n" + text + "\n")

    def start(self, wait=30):
        """Starts it and waits until ARI answers."""
        facts = self.facts()
        if not port_is_free(facts["port"]):
            raise PortTaken(facts["port"])
        # LD_PRELOAD and its like belong to the machine's C library, and Asterisk runs with its own; so does OpenSSL.
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("LD_")}
        inherited["OPENSSL_CONF"] = "/dev/null"
        with open(self.folder / "log/stdout", "ab") as output:
            self.process = subprocess.Popen(
                [*self.command(), "-f", "-n"],
                cwd=self.folder,
                env={**inherited, **facts["environment"]},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,  # a Ctrl-C at the terminal is not for it
                preexec_fn=dies_with_parent if "owner" in facts else None,
            )
        self.note(pid=self.process.pid, started=started(self.process.pid))
        try:
            self.wait_until_it_answers(wait)
        except BaseException:
            self.stop(signal.SIGKILL)
            raise

    def command(self):
        # To be run in the folder. Only the main configuration needs its full name: any other is looked for below
        # /etc/asterisk.
        return ["release/asterisk", "-C", str(self.folder / "etc/asterisk.conf")]

    def wait_until_it_answers(self, wait, after=None):
        """`after`: the time of the start that is not to be taken for the new one."""
        end = time.monotonic() + wait
        while True:
            info = self.info()
            if info and info["status"]["startup_time"] != after:
                self.note(version=re.match(r"[\d.]*\d|", info["system"]["version"]).group())
                return info
            if "Address already in use" in self.log():
                raise PortTaken(self.facts()["port"])
            if not self.alive():
                raise Failure(f"Asterisk ended while starting:\n{self.log()}\n({self.folder}/log/stdout)")
            if time.monotonic() > end:
                raise Failure(f"Asterisk did not answer within {wait} s:\n{self.log()}\n({self.folder}/log/stdout)")
            time.sleep(0.02)

    def info(self):
        """What ARI answers, if it answers and is ours. Refusals, resets and 503 are part of every start."""
        login = base64.b64encode(f"{USERNAME}:{PASSWORD}".encode()).decode()
        request = urllib.request.Request(f"{self.url()}/ari/asterisk/info", headers={"Authorization": f"Basic {login}"})
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, timeout=5) as answer:
                info = json.loads(answer.read())
            return info if info["system"]["entity_id"] == self.facts()["entity"] else None
        except (OSError, HTTPException, ValueError, TypeError, KeyError):
            return None

    def alive(self):
        return self.process.poll() is None if self.process else self.pid() is not None

    def log(self):
        try:
            return "\n".join((self.folder / "log/stdout").read_text(errors="replace").splitlines()[-15:])
        except OSError:
            return ""

    def stop(self, number=signal.SIGTERM, wait=10):
        """Ends the process, with force when it does not listen. The process number it had, or None."""
        pid = self.pid()
        if pid:
            for attempt in (number, signal.SIGKILL):
                self.signal(attempt)
                self.signal(signal.SIGCONT)  # a frozen process would not notice
                end = time.monotonic() + wait
                while self.alive() and time.monotonic() < end:
                    time.sleep(0.01)
                if not self.alive():
                    break
        self.process = None
        return pid

    def signal(self, number):
        pid = self.pid()
        if pid:
            with suppress(ProcessLookupError):
                os.kill(pid, number)

    def restart(self, wait=30):
        """`core restart now`: the same process executes itself anew."""
        if self.facts()["release"] == "16":
            raise Failure("`core restart` ends this release 16: its C library is too old to be started again that way.")
        before = self.info()
        if not before:
            raise Failure("it does not answer, so it cannot be asked to restart")
        self.cli("core restart now")
        self.wait_until_it_answers(wait, after=before["status"]["startup_time"])

    def cli(self, command):
        if not self.pid():
            raise Failure("it is not running")
        done = subprocess.run(
            [*self.command(), "-n", "-r", "-x", command],
            cwd=self.folder,
            capture_output=True,
            text=True,
            errors="replace",
            stdin=subprocess.DEVNULL,
            timeout=60,
        )
        if done.returncode != 0:
            raise Failure((done.stderr or done.stdout).strip() or f"the console ended with {done.returncode}")
        return done.stdout

    def forget(self):
        remove(self.folder)


class PortTaken(Failure):
    def __init__(self, port):
        super().__init__(f"Port {port} of 127.0.0.1 is in use by another program.")


def without_missing_modules(text, modules):
    lines = text.splitlines(keepends=True)
    missing = {name for name in wanted_modules() if not (modules / name).exists()}
    return "".join(line for line in lines if not any(line == f"load = {name}\n" for name in missing))


def free_port():
    """Below the range from which the kernel takes the ports of outgoing connections. From within it, a client that
    dials while Asterisk is away may be given that very port as its own, and so keep Asterisk from it, or even reach
    itself."""
    try:
        low = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    except (OSError, ValueError):
        low = 32768
    for _ in range(200):
        port = 10000 + secrets.randbelow(max(low - 10000, 1000))
        if port_is_free(port):
            return port
    raise Failure("no free port was found on 127.0.0.1")


def port_is_free(port):
    with socket.socket() as probe:
        # As Asterisk binds: connections of an earlier one that are not quite over do not matter.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def started(pid):
    """When the process was started, in ticks since the machine was; None when it does not run (a zombie does not)."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] in "ZX" else int(fields[19])


def dies_with_parent():
    """Run in the new process: Linux kills it with the one that started it, even if that is killed by force."""
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
