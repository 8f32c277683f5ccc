#!/usr/bin/env python3
"""A real Asterisk for tests and demos: any user, no root, loopback only, several side by side.

    asterisk.py get                   bring a release in, if it is not there
    asterisk.py up [--port N]         start one, if it does not run; print where it is as a line of JSON
    asterisk.py up --ephemeral        start one of one's own; it ends when stdin does
    asterisk.py run -- COMMAND        run a command with ARI_URL, ARI_USERNAME and ARI_PASSWORD of one of its own
    asterisk.py cli PORT COMMAND...   a command of Asterisk's console
    asterisk.py status                what runs, a line of JSON each
    asterisk.py down [--port N|--all]

What a program may read goes to stdout, what a person may read to stderr. Everything lies in the folder .asterisk of the
repository, or in $ARI_ASTERISK_DIR. $ARI_ASTERISK_MIRROR names a Debian mirror; without it apt's own is used.

With --ephemeral the program that started this one writes commands to its stdin, a line each, and reads a line of JSON
for each ({"ok": true, ...} or {"ok": false, "error": "..."}):
    kill      by force (SIGKILL)          freeze   stop without ending: connections stay open and silent
    stop      in order (SIGTERM)          thaw     go on
    start     again, on the same port     cli ...  a command of Asterisk's console: {"ok": true, "output": "..."}
    restart   `core restart now`; answered when ARI answers again
"""

import argparse
import json
import os
import secrets
import sys
from contextlib import contextmanager
from pathlib import Path

import ephemeral
from apt import Failure, lock
from debian import RELEASES, get
from instance import PASSWORD, USERNAME, Instance, PortTaken, free_port

MAIN = "main"


def home():
    default = Path(__file__).resolve().parents[2] / ".asterisk"
    return Path(os.environ.get("ARI_ASTERISK_DIR") or default).resolve()


def parse(arguments):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)

    command = commands.add_parser("get", help="bring a release in")
    command.add_argument("--release", choices=RELEASES, default="22")

    for name, help in (("up", "start an Asterisk"), ("run", "run a command with an Asterisk of its own")):
        command = commands.add_parser(name, help=help)
        command.add_argument("--release", choices=RELEASES, default="22")
        command.add_argument("--port", type=port, help="of HTTP, on 127.0.0.1 (default: a free one)")
        command.add_argument("--overlay", action="append", default=[], metavar="DIR", help="its *.conf replace ours")
        command.add_argument(
            "--append",
            action="append",
            default=[],
            type=pair,
            metavar="FILE=TEXT",
            help="append to a .conf; begin the text with `[general](+)` for that section",
        )
        command.add_argument("--env", action="append", default=[], type=pair, metavar="NAME=VALUE", help="for Asterisk")
        command.add_argument("--wait", type=float, default=30, metavar="S", help="for ARI to answer (default: 30 s)")
        if name == "up":
            command.add_argument("--name", help="of the instance, when there are several")
            command.add_argument("--ephemeral", action="store_true", help="end with stdin; take commands there")
        else:
            command.add_argument("argv", nargs="+", metavar="COMMAND")

    command = commands.add_parser("down", help="stop an Asterisk")
    which = command.add_mutually_exclusive_group()
    which.add_argument("--port", type=port)
    which.add_argument("--name")
    which.add_argument("--all", action="store_true")

    command = commands.add_parser("cli", help="a command of Asterisk's console")
    command.add_argument("which", metavar="PORT", help="or the name of the instance")
    command.add_argument("argv", nargs=argparse.REMAINDER, metavar="COMMAND")

    commands.add_parser("status", help="what runs")
    return parser.parse_args(arguments)


def port(text):
    number = int(text)
    if not 0 < number < 65536:
        raise ValueError
    return number


def pair(text):
    name, sign, value = text.partition("=")
    if not name or not sign:
        raise argparse.ArgumentTypeError(f"{text!r} is not of the form NAME=VALUE")
    return name, value


def up(options):
    if options.ephemeral:
        with own_instance(options) as instance:
            ephemeral.serve(instance, options.wait)
        return 0
    prefix = get(home(), options.release)
    with lock(home() / "instances/lock"):
        sweep()
        instance, running = choose(options)
        if running:
            note(f"Asterisk is already running: {instance.url()}, process {instance.pid()}.")
            if options.overlay or options.append or options.env:
                note("It keeps the configuration it has: take it down first.")
        else:
            start(instance, options, prefix)
            note(f"Asterisk {instance.facts()['version']} is running: {instance.url()}, user {USERNAME}, {PASSWORD}.")
    print(json.dumps(instance.report()))
    return 0


def choose(options):
    """The instance that is meant, and whether it runs."""
    if options.port and not options.name:
        for instance in running():
            if instance.facts()["port"] == options.port:
                return instance, True
    instance = Instance(home(), options.name or (f"port-{options.port}" if options.port else MAIN))
    if not instance.pid():
        return instance, False
    if options.port and options.port != instance.facts()["port"]:
        raise Failure(f"{instance.name} is running on another port, {instance.facts()['port']}. Take it down first.")
    return instance, True


def start(instance, options, prefix, owner=None):
    for left in reversed(range(1 if options.port else 5)):
        number = options.port or free_port()
        instance.prepare(prefix, number, options.overlay, options.append, options.env, owner)
        try:
            instance.start(options.wait)
            return
        except PortTaken:
            if not left:
                raise


@contextmanager
def own_instance(options):
    """An Asterisk with a name nobody else has, gone at the end of the block."""
    prefix = get(home(), options.release)
    with lock(home() / "instances/lock"):
        sweep()
    instance = Instance(home(), f"own-{os.getpid()}-{secrets.token_hex(3)}")
    with ephemeral.ending_with_us(instance):
        start(instance, options, prefix, owner=os.getpid())
        yield instance


def run(options):
    """An Asterisk of the user's own, when there is one, is as good as ours."""
    if os.environ.get("ARI_URL"):
        login = {"ARI_USERNAME": USERNAME, "ARI_PASSWORD": PASSWORD}
        return ephemeral.run(options.argv, {name: os.environ.get(name, login[name]) for name in login})
    with own_instance(options) as instance:
        report = instance.report()
        names = {"ARI_URL": "url", "ARI_USERNAME": "username", "ARI_PASSWORD": "password"}
        return ephemeral.run(options.argv, {name: report[key] for name, key in names.items()})


def down(options):
    with lock(home() / "instances/lock"):
        sweep()
        if options.all:
            chosen = running()
        elif options.port:
            chosen = [instance for instance in running() if instance.facts()["port"] == options.port]
        else:
            chosen = [instance for instance in running() if instance.name == (options.name or MAIN)]
        for instance in chosen:
            url = instance.url()
            note(f"Asterisk on {url}, process {instance.stop()}, is stopped.")
        if not chosen:
            note("No such Asterisk is running.")
    return 0


def cli(options):
    for instance in running():
        if options.which in (instance.name, str(instance.facts()["port"])):
            print(instance.cli(" ".join(options.argv)), end="")
            return 0
    raise Failure(f"No Asterisk is running on port {options.which}. `status` lists those that are.")


def status(options):
    found = running()
    for instance in found:
        print(json.dumps(instance.report()))
    if not found:
        note("No Asterisk is running.")
    return 0


def running():
    return [instance for instance in Instance.all(home()) if instance.pid()]


def sweep():
    """What processes that were killed by force could not clean up."""
    for instance in Instance.all(home()):
        if instance.orphaned():
            instance.stop()
            instance.forget()


def note(text):
    print(text, file=sys.stderr)


def main(arguments):
    options = parse(arguments)
    if options.command == "get":
        print(get(home(), options.release))
        return 0
    return {"up": up, "run": run, "down": down, "cli": cli, "status": status}[options.command](options)


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except Failure as failure:
        sys.exit(str(failure))
    except BrokenPipeError:
        os._exit(1)  # nobody reads any more; Python would complain of that once again while it ends
    except ephemeral.Ended as ended:
        sys.exit(128 + ended.number)
    except KeyboardInterrupt:
        sys.exit(130)
