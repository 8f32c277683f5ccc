"""Fixtures for pytest: ``simulator`` and ``async_simulator``, a fresh simulated Asterisk for each test that asks.

pytest loads this by itself where the package is installed, and for everybody: so it stands beside the package ``ari``,
which it imports only when a test wants it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from ari.testing import AsyncSimulator, Simulator, SimulatorOptions


@pytest.fixture
def simulator_options() -> SimulatorOptions:
    """Options of the simulators of the other two fixtures (``ari.testing.SimulatorOptions``); to be overridden."""
    return {}


@pytest.fixture
def simulator(simulator_options: SimulatorOptions) -> Iterator[Simulator]:
    """A simulated Asterisk for this test (``ari.testing.Simulator``)."""
    from ari.testing import Simulator

    with Simulator(**simulator_options) as simulator:
        yield simulator


@pytest.fixture
def async_simulator(simulator_options: SimulatorOptions) -> Iterator[AsyncSimulator]:
    """A simulated Asterisk for this test, with methods that are awaited (``ari.testing.AsyncSimulator``)."""
    from ari.testing import AsyncSimulator

    simulator = AsyncSimulator(**simulator_options)
    try:
        yield simulator
    finally:
        simulator.close()
