"""Tests of applications without an Asterisk: a simulated one, and the people at its telephones.

::

    from ari.testing import Simulator

    with Simulator() as simulator:
        client = simulator.connect()
        client.on_channel_event("StasisStart", lambda channel, event: channel.answer())
        with simulator.running(client.run, "hello"):
            call = simulator.call("1000", caller="Ann <123>")
            call.expect_state("Up")

``AsyncSimulator`` is the same for tests with asyncio. In pytest the fixtures ``simulator`` and ``async_simulator`` give
a fresh one to each test; what the fixture ``simulator_options`` returns are its options.
"""

from .calls import AsyncCall, Call
from .link import ExpectationError, SimulatorError
from .options import PhoneOptions, SimulatorOptions
from .records import About, EventRecord, RequestRecord
from .simulator import AsyncSimulator, Simulator

__all__ = [
    "About",
    "AsyncCall",
    "AsyncSimulator",
    "Call",
    "EventRecord",
    "ExpectationError",
    "PhoneOptions",
    "RequestRecord",
    "Simulator",
    "SimulatorError",
    "SimulatorOptions",
]

for _name in __all__:
    # Tracebacks and help() say where programs find them.
    globals()[_name].__module__ = __name__
