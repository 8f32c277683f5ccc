#!/usr/bin/env python3
"""The benchmark: every client against the same server, in turns, on this machine alone.

    bench/run.py                                    set everything up, measure everything (half an hour)
    bench/run.py --only python,rust:bare            some languages, some clients
    bench/run.py --kind events --scenario all --rounds 3 --no-setup

In a round each client of a scenario runs once, so that what disturbs the machine disturbs all of them; what counts are
the medians of the rounds. Writes results.json when everything was measured, otherwise results-part.json, and prints the
tables. A client that cannot be had or fails is a line with its reason.
"""

import argparse
import base64
import json
import os
import platform
import re
import resource
import shlex
import shutil
import subprocess
import sys
import time
import urllib.request
from contextlib import ExitStack, contextmanager
from pathlib import Path

from clients import BENCH, CACHE, LANGUAGES, ROOT, TARGET, jobs
from report import markdown

CARGO = shlex.split(os.environ.get("CARGO", "cargo"))
ASTERISK = [sys.executable, str(ROOT / "scripts/asterisk/asterisk.py")]

# Seconds after which a program has failed: ten of them a client waits for events that do not come.
PATIENCE = 90
# The server of the benchmark has so many, and so has the real Asterisk.
CHANNELS = 200


def main():
    arguments = parse()
    languages = {entry.split(":")[0] for entry in arguments.only} & set(LANGUAGES)
    if not arguments.only:
        languages = set(LANGUAGES)
    CACHE.mkdir(parents=True, exist_ok=True)
    missing = set_up(languages, arguments)
    chosen = [job for job in jobs(missing) if wanted(job, arguments)]
    if not chosen:
        sys.exit("bench: nothing to measure by that name")
    results = {"facts": facts(), "rounds": arguments.rounds, "missing": missing, "results": measure(chosen, arguments)}
    whole = not (arguments.only or arguments.kind or arguments.scenario)
    path = BENCH / ("results.json" if whole else "results-part.json")
    path.write_text(json.dumps(results, indent=1) + "\n")
    print(markdown(results))
    print(f"\n{path.relative_to(ROOT)} has every single run.", file=sys.stderr)


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words = {"type": lambda text: text.replace(",", " ").split(), "default": []}
    parser.add_argument("--only", **words, metavar="LANGUAGE[:CLIENT],...")
    parser.add_argument("--kind", **words, help="events, calls, asterisk, start, memory, delay, generate")
    parser.add_argument("--scenario", **words, help="one-in-ten, all, fields, object, objects, small-1, small-50, ...")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--no-setup", dest="setup", action="store_false", help="measure what was set up before")
    return parser.parse_args()


def wanted(job, arguments):
    names = {job.language, f"{job.language}:{job.client}"}
    return (
        (not arguments.only or names & set(arguments.only))
        and (not arguments.kind or job.kind in arguments.kind)
        and (not arguments.scenario or job.scenario in arguments.scenario)
    )


# Set-up


def set_up(languages, arguments):
    """Builds and installs; says why where that fails."""
    if arguments.setup:
        say("building the server")
        packages = ["--package", "ari-bench", "--package", "ari-codegen"]
        subprocess.run([*CARGO, "build", "--quiet", "--release", *packages], cwd=ROOT, check=True)
    missing = {}
    for language in sorted(languages):
        script = BENCH / language / "setup.sh"
        if arguments.setup:
            say(f"setting {language} up")
            done = subprocess.run(
                ["sh", str(script), str(CACHE / language)], cwd=ROOT, stderr=subprocess.PIPE, text=True
            )
            if done.returncode:
                missing[language] = reason_in(done.stderr)
                say(f"{language} cannot be set up:\n{done.stderr}")
    return missing


# The servers


@contextmanager
def line_of(command):
    """A server that says where it is in a line of JSON, and ends with its standard input."""
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            line = process.stdout.readline()
            if not line:
                raise RuntimeError(f"{command[0]} did not start")
            yield json.loads(line)
        finally:
            process.stdin.close()


@contextmanager
def stub():
    with line_of([str(TARGET / "ari-bench"), "serve"]) as server:
        yield server["url"], {}


@contextmanager
def asterisk():
    with line_of([*ASTERISK, "up", "--ephemeral"]) as server:
        login = base64.b64encode(f"{server['username']}:{server['password']}".encode()).decode()
        call = "channels?endpoint=Local/100@default&context=default&extension=100&priority=1"
        for _ in range(CHANNELS // 2):
            # Each has two ends, and each end is a channel.
            ask(server["url"], "POST", call, login)
        deadline = time.monotonic() + PATIENCE
        while len(json.loads(ask(server["url"], "GET", "channels", login))) != CHANNELS:
            if time.monotonic() > deadline:
                raise RuntimeError(f"Asterisk did not get to {CHANNELS} channels")
            time.sleep(0.1)
        yield server["url"], {"ARI_USERNAME": server["username"], "ARI_PASSWORD": server["password"]}


def ask(url, method, path, login):
    request = urllib.request.Request(f"{url}/ari/{path}", method=method, headers={"Authorization": f"Basic {login}"})
    with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
        return answer.read()


# Measuring


def measure(chosen, arguments):
    results = {job: {**job.facts(), "samples": [], "failed": None} for job in chosen}
    with ExitStack() as stack:
        servers = {"stub": stack.enter_context(stub())}
        for scenario in dict.fromkeys((job.kind, job.scenario) for job in chosen):
            group = [job for job in chosen if (job.kind, job.scenario) == scenario]
            where = "asterisk" if scenario[0] == "asterisk" else "stub"
            if where not in servers:
                try:
                    servers[where] = stack.enter_context(asterisk())
                except (OSError, RuntimeError, ValueError) as reason:
                    servers[where] = None
                    say(f"no real Asterisk: {reason}")
            if servers[where] is None:
                for job in group:
                    results[job]["failed"] = "no real Asterisk"
                continue
            for turn in range(arguments.rounds):
                # Another one begins each time, and so nobody is always behind the same neighbour.
                first = turn % len(group)
                for job in group[first:] + group[:first]:
                    if not results[job]["failed"] and not loses(results[job]):
                        once(job, turn, servers[where], results[job])
    return list(results.values())


def loses(result):
    """Whether the client has lost events. It runs once: waiting for them is what takes long."""
    return any(sample.get("events", 0) < result.get("expected", 0) for sample in result["samples"])


def once(job, turn, server, result):
    url, login = server
    environment = {**os.environ, **login}
    # What our core logs is not to be measured.
    environment.pop("ARI_LOG", None)
    try:
        with scratch() as folder:
            command = job.command(url, folder)
            start, used = time.perf_counter(), cpu_of_children()
            run = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=PATIENCE)
            seconds, cpu = time.perf_counter() - start, cpu_of_children() - used
        if run.returncode:
            result["failed"] = reason_in(run.stderr) or f"ended with {run.returncode}"
        elif job.kind == "generate":
            result["samples"].append({"seconds": seconds, "cpu": cpu})
        else:
            result["samples"].append(json.loads(run.stdout.strip().splitlines()[-1]))
    except subprocess.TimeoutExpired:
        result["failed"] = f"took longer than {PATIENCE} s"
    except (OSError, ValueError, IndexError) as reason:
        result["failed"] = f"{type(reason).__name__}: {reason}"
    shown = result["failed"] or json.dumps(result["samples"][-1])
    say(f"{turn + 1}: {job.kind} {job.scenario} {job.language} {job.client}: {shown}")


def cpu_of_children():
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


@contextmanager
def scratch():
    folder = CACHE / "scratch"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


# The machine


def facts():
    def first_line(*command):
        try:
            lines = subprocess.run(command, capture_output=True, text=True).stdout.splitlines()
            return lines[0] if lines else "?"
        except OSError:
            return "none"

    model = [line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")]
    python = CACHE / "python/venv/bin/python"
    # Which Debian the machine has decides on the versions of Perl's peers; the others' are pinned.
    modules = CACHE / "perl/versions.json"
    return {
        "machine": model[0].split(":")[1].strip() if model else platform.machine(),
        "cores": len(os.sched_getaffinity(0)),
        "system": f"{platform.system()} {platform.release()}",
        "date": time.strftime("%Y-%m-%d"),
        "revision": first_line("git", "-C", str(ROOT), "describe", "--always", "--dirty"),
        "modules": json.loads(modules.read_text()) if modules.exists() else {},
        "versions": {
            "Python": first_line(str(python), "-c", "import platform; print(platform.python_version())"),
            "Node.js": first_line(os.environ.get("NODE", "node"), "--version").lstrip("v"),
            "Perl": first_line(os.environ.get("PERL", "perl"), "-e", "printf '%vd', $^V"),
            "Rust": first_line("rustc", "--version").replace("rustc ", "").split(" ")[0],
        },
    }


def reason_in(text):
    """What a program that failed has said: the line that names the error, not what languages print around it."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    named = [line for line in lines if re.search(r"\w*(Error|Exception)\b|^error", line)]
    return (named or lines or [""])[-1][:200]


def say(text):
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
