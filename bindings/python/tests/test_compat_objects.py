"""Domain objects, as programs of the classic package use them."""

from __future__ import annotations

import copy
import json
import pickle

import ari
import pytest
from conftest import channel
from fake import PASSWORD, USER, Fake


def test_a_snapshot_with_its_fields(client: ari.Client) -> None:
    json = channel("c1", state="Ring")
    found = ari.Channel(client, json)
    assert (found.id, found.json, found.client) == ("c1", json, client)
    assert isinstance(found.json, dict)
    assert repr(found) == "Channel(c1)"
    assert found.caller.number == "100" and found.dialplan.exten == "1000"
    assert dict(found) == json and sorted(found) == sorted(json)
    assert found["state"] == "Ring" and "state" in found and "nothing" not in found


def test_ids(client: ari.Client) -> None:
    for found, id in [
        (ari.Bridge(client, {"id": "b"}), "b"),
        (ari.Playback(client, {"id": "p"}), "p"),
        (ari.Sound(client, {"id": "s"}), "s"),
        (ari.LiveRecording(client, {"name": "l"}), "l"),
        (ari.StoredRecording(client, {"name": "s"}), "s"),
        (ari.DeviceState(client, {"name": "Stasis:d"}), "Stasis:d"),
        (ari.Mailbox(client, {"name": "m@c"}), "m@c"),
        (ari.Endpoint(client, {"technology": "PJSIP", "resource": "bob"}), "PJSIP/bob"),
    ]:
        assert found.id == id
        assert repr(found) == f"{type(found).__name__}({id})"


def test_operations_have_the_identity_filled_in(fake: Fake, client: ari.Client) -> None:
    found = ari.Channel(client, channel("c/1"))
    fake.on("POST", "/channels/c%2F1/answer")
    found.answer()
    fake.on("POST", "/channels/c%2F1/continue")
    found.continueInDialplan(context="default")
    found.continue_in_dialplan(context="default")
    assert [asked.query for asked in fake.calls] == ["", "context=default", "context=default"]
    endpoint = ari.Endpoint(client, {"technology": "PJSIP", "resource": "bob"})
    fake.on("PUT", "/endpoints/PJSIP/bob/sendMessage", 202)
    endpoint.sendMessageToEndpoint(from_="sip:a", body="hi")
    assert fake.last.query == "from=sip%3Aa&body=hi"
    recording = ari.LiveRecording(client, {"name": "r"})
    fake.on("POST", "/recordings/live/r/stop")
    recording.stop()


def test_its_own_identity_wins(fake: Fake, client: ari.Client) -> None:
    fake.on("POST", "/channels/c1/answer")
    ari.Channel(client, channel("c1")).answer(channelId="other")  # type: ignore[call-arg]
    assert fake.last.path == "/ari/channels/c1/answer"


def test_operations_that_take_the_identity_in_the_query(fake: Fake, client: ari.Client) -> None:
    fake.on("POST", "/channels/externalMedia", 200, channel("c1"))
    ari.Channel(client, channel("c1")).externalMedia(app="a", format="ulaw")  # type: ignore[attr-defined]
    assert fake.last.query == "channelId=c1&app=a&format=ulaw"
    with pytest.raises(AttributeError):
        ari.Channel(client, channel("c1")).list()  # type: ignore[attr-defined]


def test_an_operation_wins_over_a_field(fake: Fake, client: ari.Client) -> None:
    fake.on("GET", "/channels/c1", answer=channel("c1", state="Up"))
    found = ari.Channel(client, channel("c1", get="field", state="Ring"))
    fresh = found.get()
    assert (fresh.state, found.state, found.json["get"]) == ("Up", "Ring", "field")


def test_a_stale_object_fails_at_the_call(client: ari.Client) -> None:
    gone = ari.Channel(client, channel("gone"))
    with pytest.raises(ari.NotFoundException):
        gone.hangup()


def test_wrong_arguments(fake: Fake, client: ari.Client) -> None:
    found = ari.Channel(client, channel())
    for call in (
        lambda: found.play(),  # type: ignore[call-arg]
        lambda: found.play(media="x", volume=1),  # type: ignore[call-arg]
        lambda: found.play("sound:x"),  # type: ignore[misc]
    ):
        with pytest.raises(TypeError):
            call()
    assert fake.calls == []


def test_equality(fake: Fake, client: ari.Client) -> None:
    one, same, other = (
        ari.Channel(client, channel(id, state=s)) for id, s in [("1", "Up"), ("1", "Ring"), ("2", "Up")]
    )
    assert one == same and one != other and hash(one) == hash(same) and len({one, same, other}) == 2
    assert one == channel("1", state="Up") and one != channel("1", state="Ring")
    assert one != ari.Bridge(client, {"id": "1"})  # type: ignore[comparison-overlap]
    with Fake() as elsewhere:
        assert one != ari.Channel(ari.connect(elsewhere.url, USER, PASSWORD), channel("1"))


def test_fields_a_server_does_not_send(client: ari.Client) -> None:
    found = ari.Channel(client, {"id": "1"})
    assert found.caller_rdnis is None and found.channelvars is None
    with pytest.raises(AttributeError, match="accountcode"):
        found.accountcode
    assert not hasattr(found, "accountcode")
    assert bool(ari.Channel(client, {}))


def test_objects_that_were_plain_json_still_are(client: ari.Client) -> None:
    fields = {"id": "hello", "text": "Hello", "formats": []}
    sound = ari.Sound(client, fields)
    assert sound == fields and dict(sound) == fields and json.loads(json.dumps(sound)) == fields
    assert sound.get("text") == "Hello" and sound.get("none", 5) == 5  # type: ignore[call-arg, misc]
    assert sorted(sound) == sorted(fields) and len(sound) == 3
    module = ari.Module(client, {"name": "res_ari.so", "status": "Running"})
    assert module["status"] == module.status == "Running" and module.id == "res_ari.so"


def test_models_are_dicts() -> None:
    fields = {"name": "Ann", "number": "1"}
    caller = ari.CallerID(fields)
    assert caller == fields and caller.name == "Ann" and json.dumps(caller) == json.dumps(fields)
    assert pickle.loads(pickle.dumps(caller)) == caller and copy.copy(caller) == caller
    assert type(copy.deepcopy(caller)) is ari.CallerID


def test_handles_of_objects(client: ari.Client) -> None:
    found = ari.Channel(client, channel())
    handle = found.on_event("ChannelDtmfReceived", print)
    assert isinstance(handle, ari.Handle)
    handle.close()
    handle.close()
    for no_event, error in [("NoSuchEvent", ValueError), ("BridgeCreated", ValueError)]:
        with pytest.raises(error):
            found.on_event(no_event, print)
    with pytest.raises(RuntimeError):
        ari.Mailbox(client, {"name": "m"}).on_event("StasisStart", print)
    assert found.remove_event_handler("ChannelDtmfReceived", print) is False
    found.add_event_handler("ChannelDtmfReceived", print)
    assert ari.Channel(client, channel()).remove_event_handler("ChannelDtmfReceived", print) is True
