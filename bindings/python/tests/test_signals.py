"""Ctrl-C ends what waits, in a program of its own."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from fake import PASSWORD, USER, Fake

PROGRAMS = {
    "run": "client.run('hello')",
    "iteration": "for event in client.events('hello'): pass",
    "call": "client.channels.answer('held')",
}
SYNC = """
import sys, ari
client = ari.connect(sys.argv[1], sys.argv[2], sys.argv[3], request_timeout=30)
print("ready", flush=True)
try:
    {program}
except KeyboardInterrupt:
    print("interrupted", client.get_info()["system"]["version"], flush=True)
"""
ASYNC = """
import asyncio, sys, ari
async def main():
    client = await ari.connect_async(*sys.argv[1:4])
    print("ready", flush=True)
    await client.run("hello")
try:
    asyncio.run(main())
except KeyboardInterrupt:
    print("interrupted 22.10.1", flush=True)
"""
THREAD = """
import sys, threading, ari
client = ari.connect(*sys.argv[1:4])
thread = threading.Thread(target=client.run, args=("hello",))
thread.start()
print("ready", flush=True)
try:
    thread.join()
except KeyboardInterrupt:
    client.close()
    thread.join()
    print("interrupted 22.10.1", flush=True)
"""


def interrupt(fake: Fake, source: str, number: int = signal.SIGINT) -> list[str]:
    """Starts a program, sends it a signal once it waits, and gives what it printed and how long it took to end."""
    fake.close_code = None
    fake.call("POST", "/channels/held/answer", lambda _: (200, time.sleep(3)))
    command = [sys.executable, "-c", source, fake.url, USER, PASSWORD]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout
    assert process.stdout.readline() == "ready\n"
    time.sleep(0.5)
    began = time.monotonic()
    process.send_signal(number)
    out, err = process.communicate(timeout=10)
    assert time.monotonic() - began < 2
    assert process.returncode == 0, err
    return out.splitlines()


@pytest.mark.parametrize("what", PROGRAMS)
def test_the_synchronous_client(fake: Fake, what: str) -> None:
    assert interrupt(fake, SYNC.format(program=PROGRAMS[what])) == ["interrupted 22.10.1"]


def test_the_asyncio_client(fake: Fake) -> None:
    assert interrupt(fake, ASYNC) == ["interrupted 22.10.1"]


def test_run_in_another_thread(fake: Fake) -> None:
    assert interrupt(fake, THREAD) == ["interrupted 22.10.1"]


def test_a_handler_of_the_programs_own(fake: Fake) -> None:
    program = "signal.signal(signal.SIGTERM, lambda *_: client.close()); client.run('hello'); print('closed')"
    source = "import signal\n" + SYNC.format(program=program)
    assert interrupt(fake, source, signal.SIGTERM) == ["closed"]


def test_a_child_says_that_it_cannot_use_the_clients_of_its_parent(fake: Fake) -> None:
    source = """
import asyncio, os, sys, ari
client = ari.connect(*sys.argv[1:4])
asynchronous = asyncio.run(ari.connect_async(*sys.argv[1:4]))
async def use():
    return await asynchronous.get_info()
child = os.fork()
if child == 0:
    status = 1
    try:
        client.get_info()
    except ari.ConnectionException as error:
        print("fork" in str(error), flush=True)
        try:
            asyncio.run(use())
        except ari.ConnectionException as error:
            print("fork" in str(error), flush=True)
            print(ari.connect(*sys.argv[1:4]).server_version, flush=True)
            status = 0
    os._exit(status)
_, status = os.waitpid(child, 0)
print(status, client.get_info()["system"]["version"])
"""
    command = [sys.executable, "-c", source, fake.url, USER, PASSWORD]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert done.stdout.split() == ["True", "True", "22.10.1", "0", "22.10.1"], done.stderr


def test_the_interpreter_ends_while_calls_are_under_way(fake: Fake) -> None:
    source = """
import asyncio, sys, threading, time, ari
client = ari.connect(*sys.argv[1:4])
threading.Thread(target=client.run, args=("hello",), daemon=True).start()
async def main():
    other = await ari.connect_async(*sys.argv[1:4])
    asyncio.ensure_future(other.run("hello"))
    asyncio.ensure_future(other.channels.answer("held"))
    await asyncio.sleep(0.2)
asyncio.run(main())
print("end")
"""
    fake.close_code = None
    fake.call("POST", "/channels/held/answer", lambda _: (200, time.sleep(1)))
    for _ in range(5):
        command = [sys.executable, "-c", source, fake.url, USER, PASSWORD]
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=30, check=False, cwd=Path(__file__).parent
        )
        assert (done.returncode, done.stdout, done.stderr) == (0, "end\n", "")
