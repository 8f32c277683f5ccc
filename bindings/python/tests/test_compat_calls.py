"""Calls, as programs of the classic package make them."""

from __future__ import annotations

import threading
from typing import Any

import ari
import pytest
from conftest import channel
from fake import Fake


def test_arguments_have_swagger_names(fake: Fake, client: ari.Client) -> None:
    fake.on("GET", "/channels/c%201", answer=channel("c 1"))
    assert client.channels.get(channelId="c 1").id == "c 1"
    assert client.channels.get("c 1").id == "c 1"
    fake.on("POST", "/channels/c1/record", 201, {"name": "r", "format": "wav", "state": "queued", "target_uri": ""})
    client.channels.record("c1", name="r", format="wav")
    assert fake.last.query == "name=r&format=wav"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [({"chanelId": "1"}, "chanelId"), ({}, "channelId"), ({"channelId": "1", "x": 1}, '"x"')],
)
def test_wrong_arguments_are_a_type_error_before_any_request(
    fake: Fake, client: ari.Client, arguments: Any, words: str
) -> None:
    with pytest.raises(TypeError, match=words) as caught:
        client.channels.get(**arguments)
    assert isinstance(caught.value, ari.IllegalInputException)
    assert caught.value.delivery == "not sent"
    assert fake.calls == []


def test_positions_are_for_identities(fake: Fake, client: ari.Client) -> None:
    for call in (
        lambda: client.channels.get("1", "2"),  # type: ignore[call-arg]
        lambda: client.channels.get("1", channelId="2"),  # type: ignore[misc]
        lambda: client.channels.originate("Local/1"),  # type: ignore[misc]
    ):
        with pytest.raises(TypeError) as caught:
            call()
        assert isinstance(caught.value, ari.IllegalInputException)
    assert fake.calls == []


def test_values_become_text(fake: Fake, client: ari.Client) -> None:
    fake.on("POST", "/applications/a/subscription", answer={"name": "a"})
    client.applications.subscribe("a", eventSource=["channel:1", "bridge:2"])
    assert fake.last.query == "eventSource=channel%3A1%2Cbridge%3A2"
    client.applications.subscribe("a", eventSource=("channel:1",))
    assert fake.last.query == "eventSource=channel%3A1"
    fake.on("POST", "/bridges/b/addChannel")
    client.bridges.addChannel(bridgeId="b", channel="1", absorbDTMF=True, mute=False)
    assert fake.last.query == "channel=1&absorbDTMF=true&mute=false"
    fake.on("POST", "/channels/c/dtmf")
    client.channels.sendDTMF(channelId="c", dtmf="", before=0, between=20)
    assert fake.last.query == "dtmf=&before=0&between=20"
    client.channels.sendDTMF(channelId="c", dtmf="1", before=None, between=None)
    assert fake.last.query == "dtmf=1"


def test_values_are_escaped(fake: Fake, client: ari.Client) -> None:
    fake.on("GET", "/endpoints/PJSIP/b%C3%B6b%2F1%3Fx", answer={"technology": "PJSIP", "resource": "böb/1?x"})
    assert client.endpoints.get("PJSIP", "böb/1?x").id == "PJSIP/böb/1?x"
    fake.on("GET", "/channels/c/variable", answer={"value": "1"})
    client.channels.getChannelVar(channelId="c", variable="CALLERID(all)&x=é")
    assert fake.last.query == "variable=CALLERID%28all%29%26x%3D%C3%A9"
    with pytest.raises(TypeError):
        client.channels.get("..")


def test_bodies_in_both_forms(fake: Fake, client: ari.Client) -> None:
    fake.on("POST", "/channels", 200, channel())
    for variables in ({"variables": {"A": "1"}}, {"A": "1"}):
        client.channels.originate(endpoint="Local/1", variables=variables)
        assert fake.last.json == {"variables": {"A": "1"}}
        assert fake.last.headers["content-type"] == "application/json"
    fake.on("PUT", "/asterisk/config/dynamic/c/t/i", 200, [])
    fields = [{"attribute": "a", "value": "b"}]
    for wrapped in ({"fields": fields}, fields):
        client.asterisk.updateObject("c", "t", "i", fields=wrapped)  # type: ignore[arg-type]
        assert fake.last.json == {"fields": fields}


def test_reserved_names_by_either_name(fake: Fake, client: ari.Client) -> None:
    fake.on("PUT", "/endpoints/sendMessage", 202)
    client.endpoints.sendMessage(to="pjsip:a", from_="sip:b", body="hi")
    client.endpoints.send_message(**{"to": "pjsip:a", "from": "sip:b", "body": "hi"})  # type: ignore[arg-type]
    first, second = fake.calls
    assert first.query == second.query == "to=pjsip%3Aa&from=sip%3Ab&body=hi"
    with pytest.raises(TypeError, match="twice"):
        client.endpoints.send_message(to="a", from_="b", **{"from": "c"})  # type: ignore[arg-type]


def test_results_are_objects(fake: Fake, client: ari.Client) -> None:
    fake.on("GET", "/channels", answer=[channel("1"), channel("2")])
    assert [type(each) for each in client.channels.list()] == [ari.Channel, ari.Channel]
    for path, json, kind, call in [
        ("/bridges/b", {"id": "b"}, ari.Bridge, lambda: client.bridges.get("b")),
        ("/playbacks/p", {"id": "p"}, ari.Playback, lambda: client.playbacks.get("p")),
        ("/recordings/live/r", {"name": "r"}, ari.LiveRecording, lambda: client.recordings.getLive("r")),
        ("/recordings/stored/r", {"name": "r"}, ari.StoredRecording, lambda: client.recordings.getStored("r")),
        ("/endpoints/T/r", {"technology": "T", "resource": "r"}, ari.Endpoint, lambda: client.endpoints.get("T", "r")),
        ("/deviceStates/d", {"name": "d"}, ari.DeviceState, lambda: client.deviceStates.get("d")),
        ("/mailboxes/m", {"name": "m"}, ari.Mailbox, lambda: client.mailboxes.get("m")),
    ]:
        fake.on("GET", path, answer=json)
        found = call()
        assert type(found) is kind
        assert found.json == json


def test_other_results_answer_like_json(fake: Fake, client: ari.Client) -> None:
    sound = {"id": "hello", "text": "Hello", "formats": [{"language": "en", "format": "gsm"}]}
    fake.on("GET", "/sounds/hello", answer=sound)
    fake.on("GET", "/sounds", answer=[sound])
    found = client.sounds.get("hello")
    assert found == sound and found["text"] == "Hello" and found.get("text") == "Hello" and isinstance(found, dict)
    assert client.sounds.list() == [sound]
    assert found.formats[0].language == "en"
    fake.on("GET", "/asterisk/info", answer={"system": {"version": "22.10.1", "entity_id": "x"}})
    info = client.asterisk.getInfo()
    assert info["system"]["version"] == info.system.version == "22.10.1"  # type: ignore[union-attr]
    assert info.build is None
    fake.on("GET", "/asterisk/variable", answer={"value": "x"})
    assert client.asterisk.getGlobalVar(variable="V") == {"value": "x"}
    application = {"name": "a", "channel_ids": ["1"]}
    fake.on("GET", "/applications/a", answer=application)
    assert client.applications.get("a") == application


def test_nothing_is_none_and_json_of_a_void_operation_is_given(fake: Fake, client: ari.Client) -> None:
    fake.on("POST", "/channels/c/answer")
    assert client.channels.answer("c") is None
    fake.on("POST", "/channels/c/answer", 200, {"odd": [1]})
    assert client.channels.answer("c") == {"odd": [1]}  # type: ignore[func-returns-value]


def test_a_file_is_bytes(fake: Fake, client: ari.Client) -> None:
    fake.on("GET", "/recordings/stored/r/file", answer=b"RIFF\0\xff")
    file = client.recordings.getStoredFile("r")
    assert file == b"RIFF\0\xff" and file.content_type == "audio/x-wav"


def test_nothing_is_cached(fake: Fake, client: ari.Client) -> None:
    states = iter(["Ring", "Up"])
    fake.call("GET", "/channels/c", lambda _: (200, channel("c", state=next(states))))
    assert [client.channels.get("c").state for _ in range(2)] == ["Ring", "Up"]


def test_several_threads_at_once(fake: Fake, client: ari.Client) -> None:
    barrier = threading.Barrier(8, timeout=10)

    def answer(asked: Any) -> Any:
        barrier.wait()  # passes only if all eight are under way together
        return 200, channel(asked.path.rsplit("/", 1)[1])

    found = []
    threads = []
    for number in range(8):
        fake.call("GET", f"/channels/{number}", answer)
        threads.append(threading.Thread(target=lambda n=number: found.append(client.channels.get(str(n)).id)))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert sorted(found) == [str(number) for number in range(8)]


def test_top_level_calls(fake: Fake, client: ari.Client) -> None:
    fake.on("GET", "/channels", answer=[channel()])
    fake.on("GET", "/channels/c1", answer=channel())
    fake.on("GET", "/bridges", answer=[])
    fake.on("GET", "/bridges/b", answer={"id": "b"})
    fake.on("GET", "/endpoints", answer=[])
    fake.on("GET", "/endpoints/T/r", answer={"technology": "T", "resource": "r"})
    fake.on("GET", "/recordings/stored", answer=[{"name": "r", "format": "wav"}])
    fake.on("GET", "/recordings/stored/r", answer={"name": "r", "format": "wav"})
    assert client.get_channels() == [channel()] and client.get_channel("c1").id == "c1"
    assert client.get_bridges() == [] and client.get_bridge(bridgeId="b").id == "b"
    assert client.get_endpoints() == [] and client.get_endpoint("T", "r").id == "T/r"
    assert client.get_recordings()[0].id == "r" and client.get_recording("r").format == "wav"
    assert client.get_info(only="system") == {"system": {"version": "22.10.1", "entity_id": "00"}}
    assert client.getChannel("c1") == client.get_channel("c1")


def test_requests_the_library_does_not_know(fake: Fake, client: ari.Client) -> None:
    fake.on("POST", "/new/thing", 200, {"ok": True})
    assert client.request("POST", "/new/thing", {"a": [1, "b"], "c": None, "d": True}, {"x": 1}) == {"ok": True}
    assert (fake.last.query, fake.last.json) == ("a=1%2Cb&d=true", {"x": 1})
    fake.on("GET", "/new/file", answer=b"bytes")
    assert client.request("GET", "/new/file") == b"bytes"
    with pytest.raises(ari.NotFoundException):
        client.request("GET", "/new/nothing")


@pytest.mark.parametrize("value", [object(), {1, 2}, b"bytes", 1 << 64, float("nan"), "\ud800", {1: 2}])
def test_values_json_does_not_have(fake: Fake, client: ari.Client, value: Any) -> None:
    with pytest.raises(TypeError, match=r"callerId of channels\.originate") as caught:
        client.channels.originate(endpoint="Local/1", callerId=value)
    assert isinstance(caught.value, ari.IllegalInputException)
    endless: Any = []
    endless.append(endless)
    with pytest.raises(TypeError, match="variables"):
        client.channels.originate(endpoint="Local/1", variables={"A": endless})
    assert fake.calls == []
