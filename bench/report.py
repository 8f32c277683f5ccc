"""The tables of a run, as Markdown."""

from statistics import median

from figures import NAMES, OURS, Figures, cpu, lost, rate
from targets import AT_ONCE, IN_TURN, call_targets, event_targets, other_targets

EVENTS = {
    "one-in-ten": "one in ten wanted",
    "all": "all wanted",
    "fields": "three fields read",
    "object": "of one object",
    "objects": "of 5,000 objects",
}
CALLS = {
    "small-1": "small answer",
    "small-50": "small, 50 at once",
    "list-1": "200 channels",
    "list-50": "200 channels, 50 at once",
}
EVENTS_TEXT = "Events a second (CPU seconds per 100,000)"
CALLS_TEXT = "calls a second (CPU microseconds per call)"
# Programs whose user does the work: not for choosing, for knowing.
YARDSTICKS = ("raw", "bare")


def markdown(results):
    figures = Figures(results)
    parts = [machine(results), *targets(figures), outrun(figures)]
    for language, name in NAMES.items():
        parts.append(table(figures, f"{EVENTS_TEXT}: {name}", "events", language, EVENTS, 1e5, 2))
        for kind, server in (("calls", "the stub"), ("asterisk", "a real Asterisk")):
            parts.append(table(figures, f"{name}, {CALLS_TEXT}: {server}", kind, language, CALLS, 1e6, 0))
    parts += [starts(figures), memory(figures), delays(figures), failures(results)]
    return "\n\n".join(part for part in parts if part)


def machine(results):
    facts = results["facts"]
    versions = ", ".join(f"{name} {version}" for name, version in facts["versions"].items())
    count = results["rounds"]
    rounds = f"Medians of {count} rounds" if count > 1 else "One round"
    text = (
        f"Measured {facts['date']} at {facts['revision']} on {facts['cores']} cores of {facts['machine']}, "
        f"{facts['system']}, loopback; {versions}. {rounds}."
    )
    modules = ", ".join(f"{name} {version}" for name, version in facts["modules"].items() if name != "perl")
    return f"{text} Perl's modules: {modules}." if modules else text


def rows(title, head, lines):
    if not lines:
        return ""
    lines = [head, ["---"] * len(head), *lines]
    return f"### {title}\n\n" + "\n".join(f"| {' | '.join(line)} |" for line in lines)


def number(value):
    return f"{value:,.0f}" if value >= 100 else f"{value:.2g}" if value < 1 else f"{value:.1f}"


# What is to be reached


def targets(figures):
    lines = [
        [text, *(f"{target.bound:g}: {verdict(target)}{by_cpu(target)}" for target in pair)]
        for text, pair in event_targets(figures)
        if any(target.measured for target in pair)
    ]
    yield rows("To reach: events", ["ratios of events a second (and by CPU)", "one in ten wanted", "all wanted"], lines)
    lines = [
        [text, *(f"{verdict(target)} ({target.what})" for target in row)]
        for text, row in call_targets(figures)
        if any(target.measured for target in row)
    ]
    head = [
        "against the fastest peer (its name)",
        f"50 at once: calls a second, at least {AT_ONCE:g}",
        "50 at once: CPU, at most 1",
        f"one after the other: time, at most {IN_TURN:g}",
    ]
    yield rows("To reach: calls", head, lines)
    lines = [
        [target.what, f"{target.bound:g}", verdict(target)]
        for target in other_targets(figures)
        if target.measured is not None
    ]
    yield rows("To reach: the rest", ["", "at most", "measured"], lines)


def verdict(target):
    if target.measured is None:
        return "not measured"
    return f"**{short(target.measured)}**" if target.reached else f"{short(target.measured)}, missed"


def by_cpu(target):
    return f" ({short(target.by_cpu)})" if target.by_cpu else ""


def short(ratio):
    return f"{ratio:.2f}" if ratio < 10 else f"{ratio:.0f}"


def outrun(figures):
    """Whether the server was never what was measured."""
    server = figures.rate("events", "all", "rust", "raw")
    if not server:
        return ""
    clients = {
        f"{entry['client']} ({entry['language']}, {entry['scenario']})": figures.rate(
            "events", entry["scenario"], entry["language"], entry["client"]
        )
        for entry in figures.of("events")
        if entry["client"] != "raw"
    }
    clients = {client: found for client, found in clients.items() if found}
    if not clients:
        return ""
    best = max(clients, key=lambda client: clients[client])
    text = (
        f"The server sent {number(server)} events a second to who only counts them; the fastest client, {best}, took "
    )
    text += f"{number(clients[best])}."
    return text if clients[best] < server else f"**Not valid: the server was slower than a client.** {text}"


# What was measured


def table(figures, title, kind, language, scenarios, unit, digits):
    entries = {(entry["client"], entry["scenario"]): entry for entry in figures.of(kind, language=language)}
    shown = {scenario: text for scenario, text in scenarios.items() if any(scenario == key[1] for key in entries)}
    clients = list(dict.fromkeys(client for client, _ in entries))
    clients.sort(key=lambda client: (client not in OURS, client in YARDSTICKS))
    lines = [
        [client_name(client), *(cell(entries.get((client, scenario)), unit, digits) for scenario in shown)]
        for client in clients
    ]
    return rows(title, ["", *shown.values()], lines)


def client_name(client):
    return f"**{client}**" if client in OURS else client


def cell(entry, unit, digits):
    if entry is None:
        return ""
    if entry["failed"]:
        return "failed"
    found, used = (median(figure(entry, sample) for sample in entry["samples"]) for figure in (rate, cpu))
    text = f"{number(found)} ({used * unit:.{digits}f})"
    if entry["kind"] == "events" and lost(entry) > 0:
        text += f", {lost(entry):.1%} lost"
    return text


def starts(figures):
    lines = []
    for entry in figures.of("start"):
        if entry["samples"] and not entry["failed"]:
            middle = {name: median(sample[name] for sample in entry["samples"]) for name in entry["samples"][0]}
            times = [f"{middle[name] * 1000:,.1f}" for name in ("import", "connect")]
            name = client_name(entry["client"])
            lines.append([NAMES[entry["language"]], name, *times, f"{middle['rss'] / 2**20:.1f}"])
    head = ["", "", "ms to import", "ms to be connected", "MiB resident then"]
    return rows("Starting, and an idle client", head, lines)


def memory(figures):
    lines = []
    for language, name in NAMES.items():
        each = [
            figures.median("memory", scenario, language, "ari", lambda _, sample: sample["each"])
            for scenario in ("clients", "queued")
        ]
        if any(each):
            lines.append([name, *(f"{found:,.0f}" if found is not None else "" for found in each)])
    head = ["bytes", "a connected client, of 1,000 in one process", "an event that waits, of 100,000"]
    return rows("Memory", head, lines)


def delays(figures):
    lines = []
    for entry in figures.of("delay"):
        if entry["samples"] and not entry["failed"]:
            p99 = median(sample["p99"] for sample in entry["samples"])
            lines.append([client_name(entry["client"]), f"{entry['rate']:,}", f"{p99:.2f}"])
    return rows("JavaScript: what else waits in the event loop", ["", "events a second", "p99 in ms"], lines)


def failures(results):
    lines = [[NAMES.get(language, language), "", "", reason] for language, reason in results["missing"].items()]
    reasons = {}
    for entry in results["results"]:
        if entry["failed"]:
            place = (NAMES.get(entry["language"], entry["language"]), entry["client"], entry["failed"])
            reasons.setdefault(place, []).append(f"{entry['kind']} {entry['scenario']}")
    lines += [[language, client, ", ".join(where), why] for (language, client, why), where in reasons.items()]
    return rows("Not measured", ["", "", "", "why"], lines)
