"""What the samples of a run say: medians, and how they stand to each other."""

from statistics import median

# Ours, however it is used; every other name is a peer's.
OURS = ("ari", "ari-asyncio", "ari-asyncio-def", "ari-batches")
NAMES = {"rust": "Rust", "python": "Python", "node": "JavaScript", "perl": "Perl"}


class Figures:
    """Looks medians up. `None`: it was not measured, or it failed."""

    def __init__(self, results):
        self.entries = {key(entry): entry for entry in results["results"]}

    def of(self, kind, scenario=None, language=None):
        return [
            entry
            for entry in self.entries.values()
            if entry["kind"] == kind and scenario in (None, entry["scenario"]) and language in (None, entry["language"])
        ]

    def median(self, kind, scenario, language, client, figure):
        entry = self.entries.get((kind, scenario, language, client))
        if not entry or entry["failed"] or not entry["samples"]:
            return None
        return median(figure(entry, sample) for sample in entry["samples"])

    def rate(self, kind, scenario, language, client):
        """Events or calls a second. Of events that are not wanted, too: the client has read them."""
        return self.median(kind, scenario, language, client, rate)

    def cpu(self, kind, scenario, language, client):
        """Seconds for one event that the server has sent, or for one call."""
        return self.median(kind, scenario, language, client, cpu)

    def fastest_peer(self, kind, scenario, language, among=None):
        rates = {
            entry["client"]: self.rate(kind, scenario, language, entry["client"])
            for entry in self.of(kind, scenario, language)
            if (entry["client"] in among if among else entry["client"] not in OURS)
        }
        rates = {client: found for client, found in rates.items() if found}
        return max(rates, key=lambda client: rates[client]) if rates else None


def key(entry):
    return entry["kind"], entry["scenario"], entry["language"], entry["client"]


def rate(entry, sample):
    if entry["kind"] == "events":
        return entry["frames"] * sample["events"] / entry["expected"] / max(sample["seconds"], 1e-9)
    return sample["calls"] / sample["seconds"]


def cpu(entry, sample):
    return sample["cpu"] / (entry["frames"] if entry["kind"] == "events" else sample["calls"])


def lost(entry):
    """The part of the events that never reached a handler."""
    return 1 - median(sample["events"] for sample in entry["samples"]) / entry["expected"]


def ratio(one, other):
    return one / other if one and other else None
