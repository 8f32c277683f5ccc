"""What there is to measure: the languages' own lists (clients.json of each folder), as commands."""

import json
import os
from dataclasses import dataclass
from pathlib import Path

BENCH = Path(__file__).resolve().parent
ROOT = BENCH.parent
CACHE = BENCH / ".cache"
TARGET = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "release"

# How the programs of a language are started, after its setup.sh has run.
LANGUAGES = {
    "rust": lambda program: [f"{CACHE}/rust/ari-bench-rust", program],
    "python": lambda program: [f"{CACHE}/python/venv/bin/python", f"{BENCH}/python/{program}.py"],
    "node": lambda program: [os.environ.get("NODE", "node"), f"{BENCH}/node/{program}.js"],
    "perl": lambda program: [f"{CACHE}/perl/bin/perl", f"{BENCH}/perl/{program}.pl"],
}
# How many channels the events of a scenario are of.
CHANNELS = {"object": 1, "objects": 5000}
ALL = ("all", "fields")
# An answer of 200 channels takes the time of so many small ones.
LISTS = 10
# A real Asterisk sets the pace itself: ours and the fastest peers show it, and the rest need not be waited for.
AT_ASTERISK = {
    "rust": ("ari", "reqwest"),
    "python": ("ari", "ari-asyncio", "aiohttp", "http.client"),
    "node": ("ari", "undici", "http.Agent"),
    "perl": ("ari", "Mojo::UserAgent", "HTTP::Tiny"),
}


@dataclass(frozen=True)
class Job:
    """One client in one scenario."""

    kind: str  # events, calls (to the stub), asterisk (calls to a real one), start, memory, delay, generate
    scenario: str
    language: str
    client: str
    size: int = 0
    rate: int = 0

    def facts(self):
        size = {"frames": self.size} if self.kind in ("events", "delay") else {"calls": self.size}
        expected = self.size if self.scenario in ALL else self.size // 10
        more = {"expected": expected} if self.kind == "events" else {"rate": self.rate} if self.kind == "delay" else {}
        names = {"kind": self.kind, "scenario": self.scenario, "language": self.language, "client": self.client}
        return {**names, **(size if self.size else {}), **more}

    def command(self, url, scratch):
        if self.kind == "generate":
            return [str(TARGET / "ari-codegen"), "generate", "--output", str(scratch)]
        program = LANGUAGES[self.language]("calls" if self.kind == "asterisk" else self.kind)
        if self.kind == "events":
            channels = CHANNELS.get(self.scenario, 100)
            return [*program, self.client, self.scenario, url, str(self.size), str(channels)]
        if self.kind in ("calls", "asterisk"):
            return [*program, self.client, self.scenario, url, str(self.size)]
        if self.kind == "delay":
            return [*program, self.client, url, str(self.size), str(self.rate)]
        return [*program, self.scenario if self.kind == "memory" else self.client, url]


def jobs(missing):
    """All of them, a scenario after the other. `missing`: languages that could not be set up."""
    listed = []
    for language in LANGUAGES:
        path = BENCH / language / "clients.json"
        if language in missing or not path.exists():
            continue
        clients = json.loads(path.read_text())
        for client, entry in clients.get("events", {}).items():
            listed += [Job("events", scenario, language, client, entry["frames"]) for scenario in entry["scenarios"]]
        for client, entry in clients.get("calls", {}).items():
            kinds = ("calls", "asterisk") if client in AT_ASTERISK[language] else ("calls",)
            for kind in kinds:
                for scenario in entry["scenarios"]:
                    size = entry["calls"] // (LISTS if scenario.startswith("list") else 1)
                    listed.append(Job(kind, scenario, language, client, size))
        listed += [Job("start", "start", language, client) for client in clients.get("start", [])]
        listed += [Job("memory", scenario, language, "ari") for scenario in clients.get("memory", [])]
        delay = clients.get("delay", {"clients": []})
        listed += [Job("delay", "all", language, client, delay["frames"], delay["rate"]) for client in delay["clients"]]
    listed.append(Job("generate", "everything", "codegen", "ari-codegen"))
    order = ["events", "calls", "asterisk", "start", "memory", "delay", "generate"]
    return sorted(listed, key=lambda job: order.index(job.kind))
