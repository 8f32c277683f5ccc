"""What the native module reads of JSON is what Python's own module reads."""

import asyncio
import json
import math
import random

import ari
import pytest
from ari._native import objects_in
from ari.runtime.tasks import mailbox
from fake import PASSWORD, USER, Fake

NAMES = ["id", "name", "channel", "", "ä", "a\\b", 'quo"te', "x" * 40, "\N{GRINNING FACE}", "tab\t", "type2"]
TEXTS = [*NAMES, "\x00\x1f\x7f", "\u2028", "\ud800", "\udc00\ud800", "/", "\\u0041", "0123456789" * 7]
NUMBERS = [0, -1, 7, 2**31, -(2**63), 2**63, 2**64, 10**30, 0.1, -0.0, 1e308, 5e-324, 1e22, 123456.789, math.pi]


def value(random: random.Random, depth: int) -> object:
    kind = random.randrange(8 if depth else 5)
    if kind < 2:
        return random.choice(TEXTS)
    if kind < 4:
        return random.choice([*NUMBERS, random.randrange(-(10**6), 10**6), random.uniform(-1e6, 1e6)])
    if kind == 4:
        return random.choice([True, False, None])
    if kind == 5:
        return [value(random, depth - 1) for _ in range(random.randrange(4))]
    return {random.choice(NAMES): value(random, depth - 1) for _ in range(random.randrange(6))}


def read(text: str) -> "dict[str, object]":
    return dict(ari.Event._received(None, "X", text.encode()))


def same(found: object, expected: object) -> bool:
    # What is equal need not be of one type (1 == 1.0 == True), and 0.0 is -0.0.
    return repr(found) == repr(expected)


@pytest.mark.parametrize("seed", range(20))
def test_whatever_json_there_is(seed: int) -> None:
    source = random.Random(seed)
    for _ in range(100):
        fields = {"type": "X", **{name: value(source, 4) for name in source.sample(NAMES, 5)}}
        ascii, space = source.choice([True, False]), source.choice([None, 1])
        text = json.dumps(fields, ensure_ascii=ascii, indent=space)
        try:
            text.encode()
        except UnicodeEncodeError:  # half of a pair, which only an escape can stand for
            text = json.dumps(fields, indent=space)
        assert same(read(text), json.loads(text)), text


@pytest.mark.parametrize(
    "text",
    [
        "1E400",
        "-0",
        "-0.0",
        "1e5",
        "1E+5",
        "1.5e-7",
        "0.1e1",
        '"\\ud83d\\ude00"',
        '"\\ud83d"',
        '"\\ud83d\\u0041"',
        '"\\/\\b\\f\\n\\r\\t"',
        '"\x7f"',
        "[" * 90 + "]" * 90,
        " [ 1 , 2 ] ",
        "{}",
        "[]",
        '{"a":1,"a":2}',
        "NaN",
    ],
)
def test_what_is_rare(text: str) -> None:
    text = f'{{"type":"X", "it": {text}\n}}'
    assert same(read(text), json.loads(text))


@pytest.mark.parametrize(
    "wrong", ["01", "1.", ".5", "+1", "-", "1e", "tru", "[1,]", '{"a":1,}', '"\x01"', '"\\x"', '"', "[1 2]"]
)
def test_what_is_no_json_is_not_taken_for_any(wrong: str) -> None:
    with pytest.raises(ValueError):
        read(f'{{"type":"X","it":{wrong}}}')


@pytest.mark.parametrize(
    ("text", "held"),
    [
        ('{"type":"X","channel":{"id":"1"}}', ["channel"]),
        ('{"type":"X","channel" : {"id":"1"},"peer":\n{}}', ["channel", "peer"]),
        ('{"type":"X","channel":null,"peer":[{"channel":{}}]}', []),
        ('{"type":"X","x":{"channel":{"id":"1"}},"y":"\\"channel\\":{"}', []),
        ('{"type":"channel","x":["peer",{"channel":{}}],"y":"channel"}', []),
        ('{"channel":{},"channel":null}', []),
        ('{"channel":null,"channel":{}}', ["channel"]),
        ('{"type":"X","ch\\u0061nnel":{}}', None),
        ('{"type":"X","x":"\\\\","channel":{}}', ["channel"]),
    ],
)
def test_which_fields_hold_objects(text: str, held: "list[str] | None") -> None:
    assert objects_in(text.encode(), ["channel", "peer"]) == held


def test_an_object_is_what_the_event_holds(fake: Fake, client: ari.Client) -> None:
    found = []

    client.on_channel_event("Dial", lambda objects, event: found.append((objects, event)))
    sent = {"type": "Dial", "peer": {"id": "1", "name": "a"}, "caller": None, "forwarded": {"id": "2"}}
    fake.frames = [sent]
    client.run("hello")
    ((objects, event),) = found
    assert set(objects) == {"peer", "forwarded"}
    assert objects["peer"].name == "a" and objects["peer"].json is event["peer"]
    assert objects["forwarded"] == ari.Channel(client, {"id": "2"})


class Blind(asyncio.SelectorEventLoop):
    """A loop that can watch no sockets, as the one of Windows."""

    def add_reader(self, *_: object) -> None:
        raise NotImplementedError


def test_a_loop_that_watches_no_sockets(fake: Fake) -> None:
    async def main() -> "list[object]":
        assert mailbox(asyncio.get_running_loop()) is mailbox(asyncio.get_running_loop())
        client = await ari.connect_async(fake.url, USER, PASSWORD)
        return await asyncio.gather(*(client.channels.list() for _ in range(20)))

    fake.on("GET", "/channels", answer=[])
    loop = Blind()
    try:
        assert loop.run_until_complete(asyncio.wait_for(main(), 30)) == [[]] * 20
    finally:
        loop.close()
