"""Handlers, as programs of the classic package register them."""

from __future__ import annotations

import logging
import threading
from typing import Any, Callable

import ari
import pytest
from conftest import channel, event
from fake import Fake

Lines = list[Any]


def dtmf(id: str = "c1", digit: str = "1") -> Any:
    return event("ChannelDtmfReceived", digit=digit, duration_ms=10, channel=channel(id))


def start(id: str = "c1", **more: Any) -> Any:
    return event("StasisStart", args=[], channel=channel(id), **more)


def play(fake: Fake, client: ari.Client, *frames: Any) -> None:
    """Has the server send these, then close."""
    fake.frames = list(frames)
    client.run("hello")


def test_a_handler_gets_the_event_and_its_arguments(fake: Fake, client: ari.Client) -> None:
    seen: Lines = []
    handle = client.on_event("ChannelDtmfReceived", lambda *a, **k: seen.append((a, k)), 1, "two", event_type=3)
    play(fake, client, dtmf())
    assert seen == [((dtmf(), 1, "two"), {"event_type": 3})]
    handle.close()
    handle.close()
    play(fake, client, dtmf())
    assert len(seen) == 1


def test_types_nobody_has_heard_of(fake: Fake, client: ari.Client) -> None:
    seen: Lines = []
    client.on_event("FromTheFuture", seen.append)
    play(fake, client, {"type": "FromTheFuture", "x": [1]}, {"type": "AnotherOne"})
    assert seen == [{"type": "FromTheFuture", "x": [1]}]
    assert isinstance(seen[0], ari.Event) and seen[0].type == "FromTheFuture"


def test_the_same_callback_again_replaces_on_the_client(fake: Fake, client: ari.Client) -> None:
    seen: Lines = []

    class Bound:
        def method(self, _: Any, word: str) -> None:
            seen.append(word)

    bound = Bound()
    first = client.on_event("ChannelDtmfReceived", bound.method, "first")
    client.on_event("ChannelDtmfReceived", lambda _: seen.append("between"))
    client.on_event("ChannelDtmfReceived", bound.method, "second")
    first.close()  # is not the handle of the second
    play(fake, client, dtmf())
    assert seen == ["between", "second"]


def test_but_not_on_objects(fake: Fake, client: ari.Client) -> None:
    seen: Lines = []

    def note(found: Any, _: Any, word: str) -> None:
        seen.append((found.id, word))

    client.on_channel_event("ChannelDtmfReceived", note, "a")
    client.on_channel_event("ChannelDtmfReceived", note, "b")
    mine = ari.Channel(client, channel("c1"))
    mine.on_event("ChannelDtmfReceived", note, "c")
    mine.on_event("ChannelDtmfReceived", note, "d")
    play(fake, client, dtmf("c1"), dtmf("c2"))
    assert seen == [("c1", word) for word in "abcd"] + [("c2", word) for word in "ab"]


def test_order_is_that_of_registration_and_the_set_is_fixed(fake: Fake, client: ari.Client) -> None:
    seen: Lines = []

    def first(found: Any) -> None:
        seen.append("first" + found["digit"])
        second.close()
        client.on_event("ChannelDtmfReceived", lambda e: seen.append("new" + e["digit"]))
        handle.close()

    handle = client.on_event("ChannelDtmfReceived", first)
    second = client.on_event("ChannelDtmfReceived", lambda e: seen.append("second" + e["digit"]))
    play(fake, client, dtmf(digit="1"), dtmf(digit="2"))
    assert seen == ["first1", "second1", "new2"]


def test_one_object(fake: Fake, client: ari.Client) -> None:
    seen: Lines = []
    client.on_channel_event("ChannelUserevent", lambda c, e, x: seen.append((c, e["eventname"], x)), "x")
    play(
        fake,
        client,
        event("ChannelUserevent", eventname="with", userevent={}, channel=channel("c9")),
        event("ChannelUserevent", eventname="without", userevent={}),
    )
    (with_it, without) = seen
    assert isinstance(with_it[0], ari.Channel) and with_it[0].id == "c9" and with_it[0].client is client
    assert without == (None, "without", "x")


def test_all_kinds_of_objects(fake: Fake, client: ari.Client) -> None:
    seen: Lines = []

    def note(found: Any, _: Any) -> None:
        seen.append(found)

    client.on_bridge_event("BridgeCreated", note)
    client.on_playback_event("PlaybackStarted", note)
    client.on_live_recording_event("RecordingStarted", note)
    client.on_endpoint_event("EndpointStateChange", note)
    client.on_device_state_event("DeviceStateChanged", note)
    client.on_object_event("ChannelHold", note, lambda _, json: ("made", json["id"]), "Channel")
    play(
        fake,
        client,
        event("BridgeCreated", bridge={"id": "b"}),
        event("PlaybackStarted", playback={"id": "p"}),
        event("RecordingStarted", recording={"name": "r"}),
        event("EndpointStateChange", endpoint={"technology": "T", "resource": "r"}),
        event("DeviceStateChanged", device_state={"name": "d", "state": "BUSY"}),
        event("ChannelHold", channel=channel()),
    )
    kinds = [ari.Bridge, ari.Playback, ari.LiveRecording, ari.Endpoint, ari.DeviceState]
    assert [type(each) for each in seen[:-1]] == kinds
    assert seen[-1] == ("made", "c1")


@pytest.mark.parametrize(
    ("method", "event_type"),
    [
        ("on_channel_event", "NoSuchEvent"),
        ("on_channel_event", "BridgeCreated"),
        ("on_bridge_event", "ChannelDtmfReceived"),
        ("on_stored_recording_event", "RecordingStarted"),
        ("on_sound_event", "PlaybackStarted"),
    ],
)
def test_events_without_such_an_object(client: ari.Client, method: str, event_type: str) -> None:
    with pytest.raises(ValueError):
        getattr(client, method)(event_type, print)


def test_several_objects_for_programs_of_2015(fake: Fake, client: ari.Client) -> None:
    seen: Lines = []

    def on_start(objects: Any, _: Any) -> None:
        seen.append((objects["channel"].id, objects.get("channel").id, sorted(objects), objects.get("replace_channel")))

    client.on_channel_event("StasisStart", on_start)
    play(fake, client, start("c1"), start("c2", replace_channel=channel("c3")))
    assert seen[0] == ("c1", "c1", ["channel"], None)
    assert seen[1][:3] == ("c2", "c2", ["channel", "replace_channel"])
    assert seen[1][3].id == "c3"


def test_several_objects_for_programs_of_2014(fake: Fake, client: ari.Client) -> None:
    fake.on("POST", "/channels/c1/answer")
    seen: Lines = []

    def on_start(found: Any, _: Any) -> None:
        found.answer()
        found.on_event("ChannelDtmfReceived", lambda c, e: seen.append((c.id, e["digit"])))
        seen.append((found.id, found.json["name"], found.client is client, hasattr(found, "nothing")))

    client.on_channel_event("StasisStart", on_start)
    play(fake, client, start("c1"), dtmf("c2"), dtmf("c1", "7"))
    assert seen == [("c1", "Local/c1", True, False), ("c1", "7")]
    assert fake.calls[-1].path == "/ari/channels/c1/answer"


@pytest.mark.parametrize(
    ("type", "fields", "main"),
    [
        ("Dial", {"caller": "x", "peer": "main"}, "peer"),
        ("BridgeMerged", {"bridge": "main", "bridge_from": "x"}, "bridge"),
        ("BridgeBlindTransfer", {"channel": "main", "transferee": "x"}, "channel"),
        (
            "BridgeAttendedTransfer",
            {"transferer_first_leg": "main", "transferer_second_leg": "x"},
            "transferer_first_leg",
        ),
        ("ReferredBy", {"source_channel": "main", "connected_channel": "x"}, "source_channel"),
    ],
)
def test_the_object_that_stands_for_several(fake: Fake, client: ari.Client, type: str, fields: Any, main: str) -> None:
    seen: Lines = []
    register: Callable[..., Any] = client.on_bridge_event if "bridge" in fields else client.on_channel_event
    register(type, lambda found, _: seen.append(found))
    play(fake, client, event(type, **{field: {"id": id} for field, id in fields.items()}))
    assert seen[0].id == "main" == seen[0][main].id


def test_several_without_one_that_is_always_there(fake: Fake, client: ari.Client) -> None:
    seen: Lines = []
    client.on_channel_event("ReferTo", lambda found, _: seen.append(found))
    play(fake, client, event("ReferTo", connected_channel={"id": "x"}))
    assert list(seen[0]) == ["connected_channel"] and not hasattr(seen[0], "answer")


def test_an_object_in_any_of_the_fields(fake: Fake, client: ari.Client) -> None:
    seen: Lines = []
    mine = ari.Channel(client, channel("c1"))
    mine.on_event("Dial", lambda found, e: seen.append((sorted(found), e["dialstatus"])))
    dial = [
        event("Dial", dialstatus="1", peer=channel("c1")),
        event("Dial", dialstatus="2", peer=channel("c2"), caller=channel("c1")),
        event("Dial", dialstatus="3", peer=channel("c2"), caller=channel("c3")),
    ]
    play(fake, client, *dial)
    assert seen == [(["peer"], "1"), (["caller", "peer"], "2")]


def test_an_object_handler_gets_the_fresh_object(fake: Fake, client: ari.Client) -> None:
    seen: Lines = []
    old = ari.Channel(client, channel("c1", state="Ring"))
    old.on_event("ChannelStateChange", lambda found, _: seen.append((found.state, old.state, found == old)))
    play(fake, client, event("ChannelStateChange", channel=channel("c1", state="Up")))
    assert seen == [("Up", "Ring", True)]


def test_handlers_run_in_the_thread_of_run(fake: Fake, client: ari.Client) -> None:
    fake.on("GET", "/channels/c1", answer=channel())
    seen: Lines = []
    client.on_event("ChannelDtmfReceived", lambda _: seen.append((threading.get_ident(), client.get_channel("c1").id)))
    thread = threading.Thread(target=play, args=(fake, client, dtmf(), dtmf()))
    thread.start()
    thread.join(10)
    assert seen == [(thread.ident, "c1")] * 2


def test_an_exception_in_a_handler_is_logged(fake: Fake, client: ari.Client, caplog: pytest.LogCaptureFixture) -> None:
    seen: Lines = []

    def fail(_: Any) -> None:
        raise ValueError("oh no")

    client.on_event("ChannelDtmfReceived", fail)
    client.on_event("ChannelDtmfReceived", lambda e: seen.append(e["digit"]))
    play(fake, client, dtmf(digit="1"), dtmf(digit="2"))
    assert seen == ["1", "2"]
    (one, _) = [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert one.name == "ari.client" and one.exc_info and "oh no" in caplog.text and "Traceback" in caplog.text


def test_an_exception_handler_of_ones_own(fake: Fake, client: ari.Client) -> None:
    caught: Lines = []
    client.exception_handler = caught.append
    client.on_event("ChannelDtmfReceived", lambda e: 1 / 0)
    play(fake, client, dtmf(), dtmf())
    assert [type(error) for error in caught] == [ZeroDivisionError] * 2

    def again(_: Exception) -> None:
        raise

    client.exception_handler = again
    fake.close_code = None
    with pytest.raises(ZeroDivisionError):
        client.run("hello")
    fake.close_code = 1000
    client.exception_handler = caught.append
    play(fake, client, dtmf())
    assert len(caught) == 3


@pytest.mark.parametrize("error", [SystemExit, KeyboardInterrupt])
def test_what_ends_programs_passes(fake: Fake, client: ari.Client, error: Any) -> None:
    def leave(_: Any) -> None:
        raise error

    client.exception_handler = lambda _: pytest.fail("not meant for it")
    client.on_event("ChannelDtmfReceived", leave)
    fake.close_code = None
    fake.frames = [dtmf()]
    with pytest.raises(error):
        client.run("hello")


def test_messages_that_are_no_events(fake: Fake, client: ari.Client, caplog: pytest.LogCaptureFixture) -> None:
    seen: Lines = []
    client.on_event("ChannelDtmfReceived", lambda e: seen.append(e["digit"]))
    play(fake, client, dtmf(), "not json", "[1]", '{"no": "type"}', '{"type": 5}', "", dtmf(digit="2"))
    assert seen == ["1", "2"]
    errors = [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert len(errors) == 5 and {record.name for record in errors} == {"ari.client"}


def test_handlers_by_class_and_by_other_names(fake: Fake, client: ari.Client) -> None:
    seen: Lines = []
    client.on_event(ari.ChannelDtmfReceived, lambda e: seen.append(e.digit))
    client.add_event_handler("ChannelDtmfReceived", seen.append)
    client.on_channel_event(ari.ChannelDtmfReceived, lambda c, _: seen.append(c.id))
    play(fake, client, dtmf())
    assert seen == ["1", dtmf(), "c1"]
    assert client.remove_event_handler("ChannelDtmfReceived", seen.append) is True
    assert client.remove_event_handler("ChannelDtmfReceived", seen.append) is False
    play(fake, client, dtmf())
    assert seen[3:] == ["1", "c1"]


def test_handlers_of_all_types(fake: Fake, client: ari.Client) -> None:
    seen: Lines = []
    client.on_event("*", lambda e: seen.append(e["type"]))
    ari.Channel(client, channel("c1")).add_event_handler("*", lambda c, e: seen.append((c.id, e["type"])))
    ari.Channel(client, channel("c1")).add_event_handler("Unheard", lambda c, e: seen.append((c.id, e["x"])))
    play(fake, client, dtmf("c2"), dtmf("c1"), {"type": "Unheard", "x": 5, "y": {"id": "c1"}, "channel": {"id": "c1"}})
    assert seen == [
        "Connected",
        "ChannelDtmfReceived",
        "ChannelDtmfReceived",
        ("c1", "ChannelDtmfReceived"),
        "Unheard",
        ("c1", "Unheard"),
        ("c1", 5),
        "ConnectionClosed",
    ]


def test_handlers_that_cannot_work(client: ari.Client) -> None:
    async def coroutine(_: Any) -> None: ...

    for callback in (None, "text", coroutine):
        with pytest.raises(TypeError):
            client.on_event("StasisStart", callback)  # type: ignore[arg-type]
