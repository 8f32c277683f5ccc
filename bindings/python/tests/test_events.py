"""An event is a dict to whoever reads it, though it parses its text only then."""

from __future__ import annotations

import collections
import copy
import json
import operator
import pickle
import pprint
import sys
from typing import Any, Callable

import ari
import pytest
from conftest import channel, event
from fake import Fake

FIELDS = event("ChannelDtmfReceived", digit="7", duration_ms=120, channel=channel("c1"), list=[1, 2.5, None, True])


def lazy(fields: Any = FIELDS, kind: Any = ari.ChannelDtmfReceived) -> Any:
    """An event as it comes from the core: not looked at yet."""
    return kind._received(None, fields["type"], json.dumps(fields).encode())


def is_parsed(found: Any) -> bool:
    return found._frame is None


def spread(**fields: Any) -> dict[str, Any]:
    return fields


def no_such_key(found: Any) -> bool:
    with pytest.raises(KeyError, match="none"):
        found["none"]
    return True


READERS: dict[str, Callable[[Any], Any]] = {
    "[]": lambda e: e["digit"],
    "get": lambda e: (e.get("digit"), e.get("none"), e.get("none", 5)),
    "in": lambda e: ("digit" in e, "none" in e),
    "iter": lambda e: sorted(e),
    "list": lambda e: sorted(list(e)),
    "len": len,
    "bool": bool,
    "keys": lambda e: sorted(e.keys()),
    "values": lambda e: sorted(map(str, e.values())),
    "items": lambda e: sorted(e.items(), key=str),
    "dict": dict,
    "{**}": lambda e: {**e},
    "f(**)": lambda e: spread(**e),
    "update": lambda e: [plain := {}, plain.update(e), plain][-1],
    "|": lambda e: e | {"x": 1},
    "r|": lambda e: {"x": 1} | e,
    "|=": lambda e: operator.ior({"x": 1}, e),
    "json.dumps": lambda e: json.loads(json.dumps(e)),
    "json.dumps indent": lambda e: json.loads(json.dumps(e, indent=2, sort_keys=True)),
    "json.dumps inside": lambda e: json.loads(json.dumps([{"event": e}])),
    "json iterencode": lambda e: json.loads("".join(json.JSONEncoder().iterencode({"event": e}))),
    "== dict": lambda e: (
        e == FIELDS,
        FIELDS == e,
        e != FIELDS,
        e == {},
        {} == e,
        e == {"type": "ChannelDtmfReceived"},
    ),
    "== nested": lambda e: ([e] == [FIELDS], {"e": e} == {"e": FIELDS}),
    "copy": lambda e: e.copy(),
    "copy.copy": lambda e: dict(copy.copy(e)),
    "copy.deepcopy": lambda e: dict(copy.deepcopy(e)),
    "pickle": lambda e: dict(pickle.loads(pickle.dumps(e))),
    "reversed": lambda e: sorted(reversed(e)),
    "format_map": lambda e: "{digit} {channel[id]}".format_map(e),
    "%": lambda e: "%(digit)s" % e,
    "itemgetter": operator.itemgetter("digit", "type"),
    "ChainMap": lambda e: collections.ChainMap({}, e)["digit"],
    "pprint": lambda e: "'digit': '7'" in pprint.pformat(e),
    "sorted by": lambda e: sorted([e], key=lambda x: x["duration_ms"])[0]["digit"],
    "isinstance": lambda e: (isinstance(e, dict), isinstance(e, collections.abc.Mapping)),
    "KeyError": lambda e: no_such_key(e),
}


@pytest.mark.parametrize("how", READERS)
def test_every_way_to_read_a_dict_reads_an_event(how: str) -> None:
    reader = READERS[how]
    plain = dict(FIELDS)
    assert reader(lazy()) == reader(plain)  # type: ignore[arg-type]
    parsed = lazy()
    parsed.get("type")
    assert reader(parsed) == reader(plain)


def test_nothing_is_parsed_before_it_is_looked_at() -> None:
    found = lazy()
    assert isinstance(found, dict) and isinstance(found, ari.Event)
    assert found.type == found["type"] == "ChannelDtmfReceived"
    assert not is_parsed(found)
    assert found.digit == "7"
    assert is_parsed(found)


def test_two_unread_events_are_equal() -> None:
    assert lazy() == lazy() and lazy() != lazy({**FIELDS, "digit": "8"})


def test_it_cannot_be_changed() -> None:
    found = lazy()
    for change in (
        lambda: found.__setitem__("digit", "8"),
        lambda: found.__delitem__("digit"),
        lambda: found.update(digit="8"),
        lambda: found.setdefault("x", 1),
        lambda: found.pop("digit"),
        lambda: found.popitem(),
        lambda: found.clear(),
        lambda: operator.ior(found, {"digit": "8"}),
        lambda: setattr(found, "digit", "8"),
    ):
        with pytest.raises((TypeError, AttributeError)):
            change()
    assert found == FIELDS
    changed = found.copy()
    changed["digit"] = "8"
    assert type(changed) is dict and found.digit == "7"


def test_attributes_are_typed(client: ari.Client) -> None:
    found = ari.ChannelDtmfReceived(client, FIELDS)
    assert isinstance(found.channel, ari.Channel) and found.channel.client is client
    assert found.channel.caller.name == "Ann" and found.duration_ms == 120
    transfer = ari.BridgeBlindTransfer(client, event("BridgeBlindTransfer", channel=channel()))
    assert transfer.transferee is None and transfer.bridge is None
    with pytest.raises(AttributeError, match="exten"):
        transfer.exten
    message = ari.TextMessageReceived(
        client, event("TextMessageReceived", message={"from": "a", "to": "b", "body": "c"})
    )
    assert (message.message.from_, message.message["from"], message.endpoint) == ("a", "a", None)
    refer = ari.ChannelTransfer(
        client,
        event("ChannelTransfer", refer_to={"destination_channel": channel("d")}, referred_by={}),
    )
    destination = refer.refer_to.destination_channel
    assert isinstance(destination, ari.Channel) and destination.client is client


def test_copies_keep_class_and_client(client: ari.Client) -> None:
    found = ari.ChannelDtmfReceived(client, FIELDS)
    for again in (copy.copy(found), copy.deepcopy(found)):
        assert type(again) is ari.ChannelDtmfReceived and again.client is client and again == found
    assert copy.deepcopy(found)["channel"] is not found["channel"]


if sys.version_info >= (3, 10):  # since when there is a match statement

    def test_match() -> None:
        source = """
match found:
    case Other():
        result = "wrong class"
    case ChannelDtmfReceived(digit="#"):
        result = "wrong digit"
    case ChannelDtmfReceived(digit=digit, duration_ms=duration) if duration > 100:
        result = ("class", digit)
match found:
    case {"type": "ChannelDtmfReceived", "channel": {"id": id}, **rest}:
        result += ("mapping", id, rest["digit"])
"""
        names: dict[str, Any] = {
            "found": lazy(),
            "ChannelDtmfReceived": ari.ChannelDtmfReceived,
            "Other": ari.StasisStart,
        }
        exec(source, names)
        assert names["result"] == ("class", "7", "mapping", "c1", "7")


def test_handlers_see_events_of_the_right_class(fake: Fake, client: ari.Client) -> None:
    names = sorted(ari.Client._events)
    assert len(names) == 45 + 7
    seen = []
    for name in names:
        client.on_event(name, lambda e: seen.append(e))
    fake.frames = [event(name) for name in names]
    client.run("hello")
    sent = [found for found in seen if "timestamp" in found and found["application"] == "hello"]
    assert {type(found).__name__ for found in sent} == set(names)
    assert all(type(found) is getattr(ari, found["type"]) and found.type == found["type"] for found in sent)
    assert all(found.__doc__ for found in sent)
