"""Tests of asterisk.py with a real Asterisk. Run: python3 scripts/asterisk/test_asterisk.py"""

import base64
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

import debian
import instance

TOOL = [sys.executable, str(Path(__file__).with_name("asterisk.py"))]
RELEASES = Path(os.environ.get("ARI_ASTERISK_DIR") or Path(__file__).parents[2] / ".asterisk").absolute() / "releases"


class Own:
    """`up --ephemeral`, as the tests of any language use it."""

    def __init__(self, *options, **popen):
        command = [*TOOL, "up", "--ephemeral", *options]
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True, **popen)
        self.facts = self.read()

    def read(self):
        line = self.process.stdout.readline()
        if not line:
            raise AssertionError(self.process.communicate()[1])
        return json.loads(line)

    def tell(self, command):
        self.process.stdin.write(command + "\n")
        self.process.stdin.flush()
        return self.read()

    def ari(self, method, path, user="hey:peekaboo", **query):
        url = f"{self.facts['url']}/ari/{path}?{urllib.parse.urlencode(query)}"
        login = base64.b64encode(user.encode()).decode()
        request = urllib.request.Request(url, method=method, headers={"Authorization": f"Basic {login}"})
        with urllib.request.urlopen(request, timeout=10) as answer:
            body = answer.read()
        return json.loads(body) if body else None

    def end(self):
        self.process.communicate(timeout=15)
        return self.process.returncode


def eventually(question, what, wait=15):
    end = time.monotonic() + wait
    while not question():
        if time.monotonic() > end:
            raise AssertionError(f"never: {what}")
        time.sleep(0.05)


class WithFolder(unittest.TestCase):
    """Each test has a folder of its own, so that it sees no instance of another; the release is fetched once."""

    def setUp(self):
        debian.get(RELEASES.parent, "22")
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        # A blank and more letters than fit a Unix socket's name: neither may matter.
        self.home = Path(folder.name, "a folder; " + "long" * 30)
        self.home.mkdir()
        (self.home / "releases").symlink_to(RELEASES)
        self.environment = {**os.environ, "ARI_ASTERISK_DIR": str(self.home)}
        for name in ("ARI_URL", "ARI_USERNAME", "ARI_PASSWORD"):
            self.environment.pop(name, None)
        self.addCleanup(self.tool, "down", "--all")

    def tool(self, *arguments, **options):
        options = {"env": self.environment, "capture_output": True, "text": True, "timeout": 120, **options}
        return subprocess.run([*TOOL, *arguments], **options)

    def up(self, *options):
        done = self.tool("up", *options)
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout)

    def own(self, *options, **popen):
        own = Own(*options, env=self.environment, **popen)
        self.addCleanup(own.end)
        return own


class Standing(WithFolder):
    """up, down, status, cli."""

    def test_up_is_idempotent_and_down_ends_it(self):
        first = self.up()
        self.assertRegex(first["version"], r"^22\.\d+\.\d+$")
        self.assertEqual(self.up(), first)
        self.assertEqual(json.loads(self.tool("status").stdout), first)
        self.assertEqual(self.up("--port", str(first["port"])), first)
        self.assertIn("22.", self.tool("cli", str(first["port"]), "core", "show", "version").stdout)
        self.tool("down")
        self.assertIsNone(instance.started(first["pid"]))
        self.assertEqual(self.tool("status").stdout, "")
        self.assertEqual(self.tool("down").returncode, 0)

    def test_several_run_side_by_side(self):
        first, second = self.up(), self.up("--name", "other")
        self.assertNotEqual(first["url"], second["url"])
        self.assertEqual(len(self.tool("status").stdout.splitlines()), 2)
        self.tool("down", "--port", str(second["port"]))
        self.assertIsNone(instance.started(second["pid"]))
        self.assertIsNotNone(instance.started(first["pid"]))

    def test_a_taken_port_is_named(self):
        with socket.create_server(("127.0.0.1", 0)) as other:
            port = str(other.getsockname()[1])
            done = self.tool("up", "--port", port)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn(f"Port {port} of 127.0.0.1 is in use", done.stderr)

    def test_an_asterisk_that_cannot_start_says_why(self):
        done = self.tool("up", "--append", "modules.conf=require = no_such_module.so")
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("no_such_module", done.stderr)
        self.assertEqual(self.tool("status").stdout, "")

    def test_run_gives_a_command_an_asterisk_and_takes_its_exit_code(self):
        program = "import os, sys; print(os.environ['ARI_URL'], os.environ['ARI_USERNAME']); sys.exit(7)"
        done = self.tool("run", "--", sys.executable, "-c", program)
        self.assertEqual(done.returncode, 7, done.stderr)
        self.assertRegex(done.stdout, r"^http://127\.0\.0\.1:\d+ hey$")
        self.assertEqual(list(self.home.glob("instances/*/instance.json")), [])

    def test_run_takes_an_asterisk_of_the_users_own(self):
        self.environment.update(ARI_URL="http://192.0.2.1:8088", ARI_PASSWORD="b")
        program = "import os; print(*[os.environ['ARI_' + name] for name in ('URL', 'USERNAME', 'PASSWORD')])"
        done = self.tool("run", "--", sys.executable, "-c", program)
        self.assertEqual(done.stdout, "http://192.0.2.1:8088 hey b\n")


class Ephemeral(WithFolder):
    def test_it_ends_with_stdin_and_leaves_nothing(self):
        own = self.own()
        pid = own.facts["pid"]
        self.assertEqual(own.ari("GET", "asterisk/info")["system"]["version"].split("+")[0], own.facts["version"])
        self.assertEqual(own.end(), 0)
        self.assertIsNone(instance.started(pid))
        self.assertEqual(list(self.home.glob("instances/*/")), [])

    def test_kill_start_stop_restart(self):
        own = self.own()
        url, pid = own.facts["url"], own.facts["pid"]
        self.assertIsNone(own.tell("kill")["pid"])
        self.assertFalse(own.tell("cli core show version")["ok"])
        again = own.tell("start")
        self.assertEqual((again["ok"], again["url"]), (True, url))
        self.assertNotEqual(again["pid"], pid)
        restarted = own.tell("restart")
        self.assertEqual((restarted["ok"], restarted["pid"]), (True, again["pid"]))
        own.ari("GET", "asterisk/info")
        self.assertIsNone(own.tell("stop")["pid"])
        self.assertFalse(own.tell("restart")["ok"])
        self.assertTrue(own.tell("start")["ok"])
        self.assertIn("unknown command", own.tell("nonsense")["error"])
        self.assertIn("22.", own.tell("cli core show version")["output"])

    def test_freeze_and_thaw(self):
        own = self.own()
        own.tell("freeze")
        with self.assertRaises(OSError), socket.create_connection(("127.0.0.1", own.facts["port"])) as frozen:
            frozen.settimeout(0.5)
            frozen.sendall(b"GET /ari/asterisk/info HTTP/1.1\r\nHost: x\r\n\r\n")
            frozen.recv(1)
        own.tell("thaw")
        own.ari("GET", "asterisk/info")
        own.tell("freeze")
        self.assertIsNone(own.tell("stop")["pid"])

    def test_nothing_outlives_a_killed_helper(self):
        own = self.own()
        own.tell("restart")  # the order to die with the parent has to survive the new program
        own.process.kill()
        eventually(lambda: instance.started(own.facts["pid"]) is None, "Asterisk ended with its helper")
        self.up()  # sweeps
        self.assertFalse(Path(own.facts["dir"]).exists())

    def test_nothing_outlives_a_killed_test(self):
        # The test's other children hold its end of the pipe, so stdin does not end.
        program = (
            "import subprocess, sys, time\n"
            "p = subprocess.Popen(sys.argv[1:], stdin=subprocess.PIPE)\n"
            "subprocess.Popen(['sleep', '600'], pass_fds=[p.stdin.fileno()], stdout=subprocess.DEVNULL)\n"
            "time.sleep(600)\n"
        )
        command = [sys.executable, "-c", program, *TOOL, "up", "--ephemeral"]
        options = {"stdout": subprocess.PIPE, "text": True, "env": self.environment, "start_new_session": True}
        test = subprocess.Popen(command, **options)
        self.addCleanup(test.stdout.close)
        self.addCleanup(test.wait)
        self.addCleanup(os.killpg, test.pid, signal.SIGKILL)  # the sleeper
        facts = json.loads(test.stdout.readline())
        test.kill()
        eventually(lambda: instance.started(facts["pid"]) is None, "Asterisk ended with the test")
        eventually(lambda: not Path(facts["dir"]).exists(), "its folder was removed")

    def test_configuration_and_environment(self):
        overlay = self.home / "overlay"
        overlay.mkdir()
        (overlay / "rtp.conf").write_text("[general]\nrtpstart = 20100\nrtpend = 20200\n")
        own = self.own(
            *("--overlay", str(overlay)),
            *("--append", "extensions.conf=exten => 700,1,Set(GLOBAL(MARK)=made)"),
            *("--append", "ari.conf=[second]\ntype = user\npassword = again\n[general](+)\npretty = yes"),
            *("--env", "WHERE=over there"),
        )
        self.assertIn("20100", Path(own.facts["dir"], "etc/rtp.conf").read_text())
        own.ari("GET", "asterisk/info", user="second:again")
        own.ari("POST", "channels", endpoint="Local/700@default", extension="100", context="default")
        mark = {"variable": "MARK"}
        eventually(lambda: own.ari("GET", "asterisk/variable", **mark)["value"] == "made", "the dialplan was ours")
        own.tell("kill")
        environment = Path(f"/proc/{own.tell('start')['pid']}/environ").read_bytes()
        self.assertIn(b"WHERE=over there", environment.split(b"\0"))


class Dialplan(WithFolder):
    def test_every_module_loads_and_nothing_is_amiss(self):
        own = self.own()
        log = Path(own.facts["dir"], "log/stdout").read_text()
        self.assertNotIn("ERROR", log)
        self.assertNotIn("WARNING", log)
        missing = [name for name in debian.wanted_modules() if not (RELEASES / "22/modules" / name).exists()]
        # Debian builds Asterisk without these two, and so /ari/mailboxes answers 404.
        self.assertLessEqual(set(missing), {"res_stasis_mailbox.so", "res_ari_mailboxes.so"})

    def test_the_caller_presses_its_keys(self):
        listen = "exten => listen,1,Answer()\n same => n,Read(GOT,,3,,,30)\n same => n,Set(GLOBAL(HEARD)=${GOT})"
        own = self.own("--append", f"extensions.conf={listen}")
        own.ari("POST", "channels", endpoint="Local/listen@default", extension="caller", context="default")
        heard = {"variable": "HEARD"}
        # `#` ends what Read collects.
        eventually(lambda: own.ari("GET", "asterisk/variable", **heard)["value"] == "12", "the caller pressed 1 and 2")

    def test_sounds_recordings_and_music_are_found(self):
        own = self.own()
        sounds = {sound["id"] for sound in own.ari("GET", "sounds")}
        self.assertLessEqual({"hello-world", "vm-goodbye", "tt-monkeys", "digits/1"}, sounds)
        login = base64.b64encode(b"hey:peekaboo").decode()
        listener = socket.create_connection(("127.0.0.1", own.facts["port"]))
        self.addCleanup(listener.close)
        listener.sendall(
            "GET /ari/events?app=hello HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
            f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {login}\r\nAuthorization: Basic {login}\r\n\r\n".encode()
        )
        self.assertIn(b"101", listener.recv(4096))
        own.ari("POST", "channels/one", endpoint="Local/201@default", app="hello")
        eventually(lambda: own.ari("GET", "applications/hello")["channel_ids"], "the channel is in the application")
        own.ari("POST", "channels/one/record", name="words", format="wav", maxDurationSeconds=1)
        eventually(lambda: own.ari("GET", "recordings/stored"), "the recording is stored")
        self.assertEqual(own.ari("GET", "recordings/stored")[0]["name"], "words")
        self.assertTrue(Path(own.facts["dir"], "spool/recording/words.wav").exists())
        self.assertIn("default", own.tell("cli moh show classes")["output"])
        self.assertIn("demo-congrats", own.tell("cli moh show files")["output"])

    def test_the_reader_may_not_write(self):
        own = self.own()
        own.ari("GET", "channels", user="reader:readonly")
        with self.assertRaises(urllib.error.HTTPError) as refused:
            own.ari("POST", "bridges", user="reader:readonly")
        self.assertEqual(refused.exception.code, 403)
        refused.exception.close()


class Packages(WithFolder):
    """get, where it has nothing to download."""

    def setUp(self):
        super().setUp()
        (self.home / "releases").unlink()
        self.bin = self.home / "bin"
        self.bin.mkdir()

    def program(self, name, text):
        path = self.bin / name
        path.write_text("#!/bin/sh\n" + text + "\n")
        path.chmod(0o755)

    def test_without_apt_the_alternative_is_named(self):
        self.environment["PATH"] = str(self.bin)
        done = self.tool("get")
        self.assertNotEqual(done.returncode, 0)
        for word in ("apt-get", "ARI_URL", "ARI_USERNAME", "ARI_PASSWORD", "extensions.conf"):
            self.assertIn(word, done.stderr)
        self.assertEqual(list(self.home.glob("releases/22*")), [])

    def test_an_unknown_architecture_is_named(self):
        self.program("dpkg", "echo riscv64")
        self.environment["PATH"] = f"{self.bin}:{os.environ['PATH']}"
        self.assertIn("riscv64", self.tool("get").stderr)

    def test_a_mirror_that_does_not_answer_is_named(self):
        self.environment["ARI_ASTERISK_MIRROR"] = "http://127.0.0.1:1/debian"
        done = self.tool("get")
        self.assertIn("127.0.0.1:1", done.stderr)
        self.assertIn("ARI_URL", done.stderr)
        self.assertEqual(list(self.home.glob("releases/22*")), [])

    def test_an_unfinished_release_is_not_used_and_several_gets_make_one(self):
        unfinished = self.home / "releases/22.unfinished"
        unfinished.mkdir(parents=True)
        (unfinished / "asterisk").touch()
        runs = []

        class Fake:
            def __init__(self, prefix, release):
                self.prefix = prefix

            def run(self):
                runs.append(list(self.prefix.iterdir()))
                time.sleep(0.2)
                (self.prefix / "asterisk").touch()

        real, debian.Fetch = debian.Fetch, Fake
        self.addCleanup(setattr, debian, "Fetch", real)
        threads = [threading.Thread(target=debian.get, args=(self.home, "22")) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(runs, [[]])
        self.assertTrue((self.home / "releases/22/asterisk").exists())
        self.assertFalse(unfinished.exists())


class Ports(unittest.TestCase):
    def test_a_free_port_is_none_of_outgoing_connections(self):
        low = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
        for _ in range(20):
            self.assertTrue(10000 <= instance.free_port() < low)


if __name__ == "__main__":
    unittest.main()
