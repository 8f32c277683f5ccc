"""memory.py SCENARIO URL: what many clients, and many events that wait, take of our own client's memory."""

import sys
import threading
import time

import ari
from counting import credentials, report, resident

CLIENTS = 1000
EVENTS = 100_000


def clients(url):
    before = resident()
    kept = [ari.connect(url, *credentials()) for _ in range(CLIENTS)]
    rss = resident()
    report({"rss": rss, "each": (rss - before) // len(kept)})


def queued(url):
    client = ari.connect(url, *credentials(), queue_bytes=1 << 30)
    begun = threading.Event()
    before = resident()

    def block(event):
        begun.set()
        time.sleep(60)

    client.on_event("StasisStart", block)
    threading.Thread(target=client.run, args=(f"bench-{EVENTS}-100-0",), daemon=True).start()
    begun.wait(10)
    # All has been read once there is no more of it.
    rss, last = resident(), 0
    while rss != last:
        time.sleep(0.5)
        rss, last = resident(), rss
    report({"rss": rss, "each": (rss - before) // EVENTS})


def main():
    scenario, url = sys.argv[1:]
    {"clients": clients, "queued": queued}[scenario](url)


if __name__ == "__main__":
    main()
