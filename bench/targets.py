"""What the clients are to reach, as ratios of medians of one run."""

from dataclasses import dataclass
from typing import Optional

from figures import NAMES, ratio

SCENARIOS = ("one-in-ten", "all")

# Language, our client, the peers (the fastest of them counts), what is to be reached with one event in ten wanted and
# with all wanted, and what it is called.
EVENTS = [
    ("rust", "ari", ("bare",), (0.8, 0.6), "Rust, handlers, against the bare reading loop"),
    ("rust", "ari-batches", ("bare",), (0.8, 0.6), "Rust, batches, against the bare reading loop"),
    ("python", "ari", ("picows",), (2.5, 1.2), "Python, against picows + orjson + uvloop"),
    ("python", "ari", ("picows-sniff",), (1.2, 1.5), "Python, against picows that looks for the type first"),
    ("python", "ari", ("classic",), (50, 40), "Python, against the classic client"),
    ("python", "ari", ("classic-wsaccel",), (12, 6), "Python, against the classic client with `wsaccel`"),
    ("python", "ari-asyncio", ("picows",), (2, 1), "asyncio, against picows + orjson + uvloop"),
    ("node", "ari", ("ws",), (6, 2.5), "JavaScript, against `ws` + JSON.parse"),
    ("node", "ari", ("ari-client",), (18, 8), "JavaScript, against `ari-client`"),
    ("perl", "ari", ("anyevent", "mojo"), (5, 1.5), "Perl, against the best written by hand"),
]
# Calls at once: the rate, by the fastest peer's. One after the other: the time, by the fastest peer's.
AT_ONCE, IN_TURN = 1.3, 1.1
# CPU of 5,000 handlers of objects by that of one.
OBJECTS = 1.1
# Seconds for `ari-codegen generate`.
GENERATE = 1.0


@dataclass
class Target:
    what: str
    bound: float
    measured: Optional[float]
    at_least: bool = True
    # The same ratio by the processors' time, which a busy machine disturbs least.
    by_cpu: Optional[float] = None

    @property
    def reached(self):
        if self.measured is None:
            return None
        return self.measured >= self.bound if self.at_least else self.measured <= self.bound


def event_targets(figures):
    """Rows of (text, one in ten, all)."""
    for language, client, peers, bounds, text in EVENTS:
        targets = []
        for scenario, bound in zip(SCENARIOS, bounds):
            # What only reads does not know one event from another.
            theirs = "all" if peers == ("bare",) else scenario
            peer = figures.fastest_peer("events", theirs, language, peers)
            names = ("events", scenario, language, client), ("events", theirs, language, peer or "")
            by_rate = ratio(*(figures.rate(*name) for name in names))
            by_cpu = ratio(*(figures.cpu(*name) for name in reversed(names)))
            targets.append(Target(text, bound, by_rate, by_cpu=by_cpu))
        yield text, targets


def call_targets(figures):
    """Rows of (text, targets): rate and CPU of fifty at once, time of one after the other."""
    for kind, server in (("calls", "the stub"), ("asterisk", "Asterisk")):
        for language, name in NAMES.items():
            for client in ("ari", "ari-asyncio") if language == "python" else ("ari",):
                for answer, what in (("small", "small answer"), ("list", "200 channels")):
                    label = "asyncio" if client == "ari-asyncio" else name
                    yield f"{label}, {what}, {server}", call_row(figures, kind, language, client, answer)


def call_row(figures, kind, language, client, answer):
    row = []
    for workers in ("50", "1"):
        scenario = f"{answer}-{workers}"
        peer = figures.fastest_peer(kind, scenario, language)
        names = [(kind, scenario, language, name) for name in (client, peer or "")]
        ours, theirs = (figures.rate(*name) for name in names)
        if workers == "1":
            row.append(Target(peer, IN_TURN, ratio(theirs, ours), at_least=False))
        else:
            row.append(Target(peer, AT_ONCE, ratio(ours, theirs)))
            row.append(Target(peer, 1.0, ratio(*(figures.cpu(*name) for name in names)), at_least=False))
    return row


def other_targets(figures):
    for language, name in NAMES.items():
        for client in ("ari", "ari-asyncio") if language == "python" else ("ari",):
            one, many = (figures.cpu("events", scenario, language, client) for scenario in ("object", "objects"))
            label = "asyncio" if client == "ari-asyncio" else name
            yield Target(
                f"{label}: CPU with 5,000 handlers of objects, by that with one",
                OBJECTS,
                ratio(many, one),
                at_least=False,
            )
    delays = [
        figures.median("delay", "all", "node", client, lambda _, sample: sample["p99"]) for client in ("ari", "ws")
    ]
    if None not in delays:
        text = "JavaScript: p99 of the event loop's delay in ms, bound: that of `ws`"
        yield Target(text, round(delays[1], 3), delays[0], at_least=False)
    generated = figures.median("generate", "everything", "codegen", "ari-codegen", lambda _, sample: sample["seconds"])
    yield Target("seconds for `ari-codegen generate` of everything", GENERATE, generated, at_least=False)
