"""An Asterisk that lives as long as somebody needs it: never longer than the process that asked for it."""

import json
import os
import select
import signal
import subprocess
from contextlib import contextmanager

from apt import Failure

SIGNALS = {"kill": signal.SIGKILL, "stop": signal.SIGTERM}
PAUSES = {"freeze": signal.SIGSTOP, "thaw": signal.SIGCONT}


class Ended(BaseException):
    """A signal told us to end."""

    def __init__(self, number):
        super().__init__(number)
        self.number = number


@contextmanager
def ending_with_us(instance):
    """Whatever ends this block, the Asterisk and its folder go. Were this process killed by force, the kernel would end
    the Asterisk, and the next `up` would remove the folder."""

    def end(number, frame):
        raise Ended(number)

    numbers = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT)
    before = [signal.signal(number, end) for number in numbers]
    try:
        yield
    finally:
        for number in numbers:
            signal.signal(number, signal.SIG_IGN)
        instance.stop(signal.SIGKILL)
        instance.forget()
        for number, handler in zip(numbers, before):
            signal.signal(number, handler)


def serve(instance, wait):
    """Reads commands from stdin, a line each, and answers each with a line of JSON, until stdin ends."""
    say(instance.report())
    for line in lines(os.getppid()):
        try:
            answer = {"ok": True, **obey(instance, line, wait)}
        except (Failure, subprocess.TimeoutExpired) as failure:
            answer = {"ok": False, "error": str(failure)}
        say(answer)


def obey(instance, line, wait):
    command, _, rest = line.partition(" ")
    if command in SIGNALS:
        instance.stop(SIGNALS[command])
    elif command in PAUSES:
        instance.signal(PAUSES[command])
    elif command == "start":
        if instance.pid():
            raise Failure("it is running")
        instance.start(wait)
    elif command == "restart":
        instance.restart(wait)
    elif command == "cli" and rest:
        return {"output": instance.cli(rest)}
    else:
        raise Failure(f"unknown command {line!r}; there are: kill, stop, start, restart, freeze, thaw, cli COMMAND")
    return instance.report()


def lines(parent):
    """The lines of stdin, until it ends or our parent is gone: other children of a parent that was killed may still
    hold the writing end of our stdin."""
    waiting = b""
    while os.getppid() == parent:
        if not select.select([0], [], [], 1)[0]:
            continue
        read = os.read(0, 65536)
        if not read:
            return
        *whole, waiting = (waiting + read).split(b"\n")
        for line in whole:
            if line.strip():
                yield line.decode(errors="replace").strip()


def say(facts):
    print(json.dumps(facts), flush=True)


def run(command, environment):
    """Runs the command, which gets its own Ctrl-C, and gives its exit code as a shell would."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        process = subprocess.Popen(command, env={**os.environ, **environment}, preexec_fn=heed_interrupts)
    except OSError as error:
        raise Failure(f"{command[0]} cannot be run: {error.strerror}") from error
    try:
        code = process.wait()
    except Ended:
        process.terminate()
        process.wait()
        raise
    return code if code >= 0 else 128 - code


def heed_interrupts():
    signal.signal(signal.SIGINT, signal.SIG_DFL)
