"""picture.py RESULTS SVG: events a second of every client, a panel a language."""

import json
import sys
from pathlib import Path

import matplotlib as mpl
import matplotlib.pyplot as plt
from figures import NAMES, OURS, Figures

# Readable on white and on black.
TEXT = "#7d8590"
BLUES, GREYS = ("#1f83e0", "#8cc4f5"), ("#8b8f96", "#c3c7cc")
OUR_NAMES = {"rust": "ari-core", "python": "asterisk-ari", "node": "asterisk-ari", "perl": "Asterisk::ARI"}
TOLD = {
    "ari-asyncio": "asterisk-ari, asyncio",
    "bare": "bare loop, only reads",
    "classic": "ari (classic)",
    "classic-wsaccel": "ari (classic) + wsaccel",
    "picows": "picows + orjson",
    "picows-sniff": "picows, type first",
    "aiohttp": "aiohttp + orjson",
    "websockets": "websockets + orjson",
    "ws": "ws + JSON.parse",
    "ws-sniff": "ws, type first",
    "ipcom": "@ipcom/asterisk-ari",
    "anyevent": "AnyEvent",
    "mojo": "Mojo::UserAgent",
}
# What no program uses as it is.
LEFT_OUT = ("raw", "ari-batches", "ari-asyncio-def")
SCENARIOS = ("one-in-ten", "all")


def main():
    figures = Figures(json.loads(Path(sys.argv[1]).read_text()))
    mpl.rcParams.update(
        {
            "svg.fonttype": "none",
            "svg.hashsalt": "asterisk-ari",
            "font.family": "sans-serif",
            "font.sans-serif": ["Helvetica", "Arial", "DejaVu Sans"],
            "font.size": 9,
            "text.color": TEXT,
        }
    )
    panels = {language: clients(figures, language) for language in NAMES}
    panels = {language: found for language, found in panels.items() if found}
    heights = [len(found) for found in panels.values()]
    figure, axes = plt.subplots(
        len(panels), 1, figsize=(7.6, 0.25 * sum(heights) + 0.4 * len(panels)), squeeze=False, height_ratios=heights
    )
    for (language, found), axis in zip(panels.items(), axes[:, 0]):
        panel(axis, language, found)
    legend = [plt.Rectangle((0, 0), 1, 1, color=color) for color in BLUES]
    words = ("one event in ten wanted, with its object", "every event wanted")
    figure.legend(legend, words, loc="upper right", ncols=2, frameon=False, fontsize=8)
    figure.text(0.01, 0.995, "Events a second", va="top", weight="bold", fontsize=11)
    figure.tight_layout(rect=(0, 0, 1, 0.985), h_pad=0.4)
    figure.savefig(sys.argv[2], transparent=True, metadata={"Date": None, "Creator": None})


def clients(figures, language):
    """Names with the rates of both scenarios, the fastest first."""
    names = dict.fromkeys(entry["client"] for entry in figures.of("events", language=language))
    found = {}
    for name in names:
        # What only reads is as fast whatever is wanted.
        one, every = (
            figures.rate("events", "all" if name == "bare" else scenario, language, name) for scenario in SCENARIOS
        )
        if name not in LEFT_OUT and (one or every):
            found[name] = (one or 0, every or 0)
    return sorted(found.items(), key=lambda item: -max(item[1]))


def panel(axis, language, found):
    longest = max(max(rates) for _, rates in found)
    for row, (name, rates) in enumerate(found):
        colors = BLUES if name in OURS else GREYS
        for rate, color, shift in zip(rates, colors, (-0.2, 0.2)):
            axis.barh(row + shift, rate, height=0.38, color=color)
        text = " / ".join(f"{rate / 1000:,.0f}k" for rate in rates if rate)
        axis.text(max(rates) + longest * 0.01, row, text, va="center", fontsize=7.5)
    told = {**TOLD, "ari": OUR_NAMES[language]}
    axis.set_yticks(range(len(found)), [told.get(name, name) for name, _ in found])
    axis.set_ylim(len(found) - 0.5, -0.5)
    axis.set_xlim(0, longest * 1.16)
    axis.set_xticks([])
    axis.tick_params(axis="y", length=0, colors=TEXT)
    axis.set_title(NAMES[language], loc="left", fontsize=9.5, weight="bold", color=TEXT, pad=2)
    for spine in axis.spines.values():
        spine.set_visible(False)


if __name__ == "__main__":
    main()
