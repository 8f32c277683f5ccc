#!/usr/bin/env python3
"""The demo, on the Asterisk that ARI_URL, ARI_USERNAME and ARI_PASSWORD name (`make demo` provides one), or with
--simulator on a simulated one.

First: is the committed surface made from the facts that this server publishes? Then each language's example takes a
call. The exit code is 0 only if everything went as it should.
"""

import base64
import json
import os
import re
import shlex
import subprocess
import sys
import urllib.request
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DOCUMENTS = "test_resources/asterisk"
DESCRIBED = "22.10"  # the release that they describe

# A language's demo tells its story and ends with the line `demo: <language> passed on Asterisk <version>` (or, instead,
# `the simulator`).
CARGO = shlex.split(os.environ.get("CARGO", "cargo"))
LANGUAGES = {
    "rust": [*CARGO, "run", "--quiet", "--package", "ari-examples", "--bin", "demo"],
    "python": [sys.executable, "examples/python/demo.py"],
    "perl": [os.environ.get("PERL", "perl"), "-Mblib=bindings/perl", "examples/perl/demo.pl"],
    "node": [os.environ.get("NODE", "node"), "examples/node/demo.js"],
}


# Simulated seconds that pass in one: the story is told a little faster.
SPEED = "2"


def main(arguments):
    if arguments == ["--simulator"]:
        with simulator() as facts:
            return tell({"ARI_URL": facts["url"], "ARI_USERNAME": facts["username"], "ARI_PASSWORD": facts["password"]})
    return tell({name: os.environ[name] for name in ("ARI_URL", "ARI_USERNAME", "ARI_PASSWORD")})


@contextmanager
def simulator():
    """A simulated Asterisk: where it is."""
    program = [*CARGO, "run", "--quiet", "--package", "ari-simulator", "--"]
    command = [*program, "--until-eof", "--port=0", f"--speed={SPEED}"]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        yield json.loads(process.stdout.readline())


def tell(login):
    url, username, password = login.values()
    server = name(url, username, password)
    print(f"{server} at {url}\n", flush=True)
    environment = {**os.environ, **login}
    passed = same_facts(url, server, environment)
    for language, command in LANGUAGES.items():
        print(flush=True)
        if subprocess.run(command, cwd=ROOT, env=environment).returncode != 0:
            print(f"demo: {language} failed on {server}", flush=True)
            passed = False
    return 0 if passed else 1


def name(url, username, password):
    """What the server is: `Asterisk 22.10.1`, or `the simulator`."""
    login = base64.b64encode(f"{username}:{password}".encode()).decode()
    request = urllib.request.Request(f"{url}/ari/asterisk/info", headers={"Authorization": f"Basic {login}"})
    with urllib.request.urlopen(request, timeout=10) as answer:
        version = json.loads(answer.read())["system"]["version"]
    if version.endswith("+simulator"):
        return "the simulator"
    return f"Asterisk {re.match(r'[0-9.]*', version).group() or version}"


def same_facts(url, server, environment):
    """Compares the server's Swagger with the documents of the repository. Between releases it may differ, and what does
    is worth seeing; from the release that the documents describe it may not."""
    print(f"Its Swagger documents, compared with {DOCUMENTS}:", flush=True)
    command = [*CARGO, "run", "--quiet", "--package", "ari-codegen", "--", "diff", DOCUMENTS, url]
    same = subprocess.run(command, cwd=ROOT, env=environment).returncode == 0
    described = server == "the simulator" or f"{server}.".startswith(f"Asterisk {DESCRIBED}.")
    return same or not described


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
