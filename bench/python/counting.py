"""What every program here shares: counting what handlers get, and saying how long it took."""

import json
import os
import sys
import threading
import time

PATIENCE = 10
"""Seconds without an event after which a client has lost the rest."""


class Count:
    """Handlers that count events; the clock runs from the first to the last of them.

    There is one handler for each way in which clients hand over events. None of them does more than count, and the
    comparison that finds the first event finds the last one too.
    """

    def __init__(self, expected, fields=False):
        seen = 0
        mark = 1
        total = 0
        started = ()

        def reached():
            nonlocal mark, started
            if mark == 1 and not started:
                started = (time.perf_counter(), time.process_time())
                mark = expected
                if expected > 1:
                    return
            finish(seen)

        def finish(count):
            wall, cpu = time.perf_counter(), time.process_time()
            begun = started or (wall, cpu)
            report({"events": count, "seconds": wall - begun[0], "cpu": cpu - begun[1]})

        def event(event):
            nonlocal seen
            seen += 1
            if seen == mark:
                reached()

        def event_fields(event):
            nonlocal seen, total
            channel = event["channel"]
            total += len(event["timestamp"]) + len(channel["name"]) + len(channel["state"])
            seen += 1
            if seen == mark:
                reached()

        def event_attributes(event):
            nonlocal seen, total
            channel = event.channel
            total += len(str(event.timestamp)) + len(channel.name) + len(channel.state)
            seen += 1
            if seen == mark:
                reached()

        def object(channel, event):
            nonlocal seen
            seen += 1
            if seen == mark:
                reached()

        def watch():
            before = -1
            while before != seen:
                before = seen
                time.sleep(PATIENCE)
            finish(seen)

        self.event = event_fields if fields else event
        """Gets an event that is read like a dict."""
        self.attributes = event_attributes if fields else event
        """Gets an event that is read by attributes."""
        self.object = object
        """Gets an object and the event."""
        threading.Thread(target=watch, daemon=True).start()


def report(found):
    """Says what was found and ends the process, whatever else is going on in it."""
    print(json.dumps(found))
    sys.stdout.flush()
    os._exit(0)


def credentials():
    """Whom the server knows: the stub takes everybody, a real Asterisk those in its configuration."""
    return os.environ.get("ARI_USERNAME", "bench"), os.environ.get("ARI_PASSWORD", "bench")


def resident():
    """Bytes of memory this process has now."""
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
