"""Connecting and naming, as programs of the classic package know them."""

from __future__ import annotations

import ari
import ari.client
import ari.model
import pytest
from fake import PASSWORD, USER, Fake


def test_by_position_and_by_keyword_with_any_end_of_the_address(fake: Fake) -> None:
    for url in (fake.url, fake.url + "/"):
        assert ari.connect(url, USER, PASSWORD).server_version == "22.10.1"
        client = ari.connect(base_url=url, username=USER, password=PASSWORD)
        assert client.base_url == fake.url
    assert {asked.path for asked in fake.asked} == {"/ari/asterisk/info"}


def test_a_path_prefix_stays(fake: Fake) -> None:
    fake.answers["GET", "/pbx/ari/asterisk/info"] = (200, {"system": {"version": "18.1.0"}})
    fake.answers["GET", "/pbx/ari/channels"] = (200, [])
    for end in ("/pbx", "/pbx/"):
        client = ari.connect(fake.url + end, USER, PASSWORD)
        assert client.channels.list() == []
    assert client.server_version == "18.1.0"


def test_a_wrong_password_fails_at_connect(fake: Fake) -> None:
    with pytest.raises(ari.UnauthorizedException) as caught:
        ari.connect(fake.url, USER, "wrong")
    assert caught.value.status == 401
    assert caught.value.response is not None and caught.value.response.status_code == 401


def test_nobody_there_is_a_connection_error() -> None:
    with pytest.raises(ConnectionError) as caught:
        ari.connect("http://127.0.0.1:9", USER, PASSWORD)
    assert isinstance(caught.value, ari.ConnectionException)
    assert caught.value.code == "ECONNREFUSED"
    assert caught.value.delivery == "not sent"


def test_what_is_unknown_is_an_attribute_error(client: ari.Client) -> None:
    channel = ari.Channel(client, {"id": "1"})
    for owner in (client, client.channels, channel):
        assert not hasattr(owner, "nosuchthing")
        with pytest.raises(AttributeError, match="nosuchthing"):
            owner.nosuchthing  # type: ignore[union-attr]


def test_names_of_repositories(client: ari.Client) -> None:
    names = [
        "applications",
        "asterisk",
        "bridges",
        "channels",
        "deviceStates",
        "endpoints",
        "events",
        "mailboxes",
        "playbacks",
        "recordings",
        "sounds",
    ]
    for name in names:
        assert repr(getattr(client, name)) == f"Repository({name})"
        assert client.get_repo(name) is getattr(client, name)
    assert client.deviceStates is client.device_states
    assert client.get_repo("nosuch") is None


def test_modules_are_where_they_were(fake: Fake) -> None:
    assert ari.client.Client is ari.Client
    assert ari.model.Channel is ari.Channel


def test_a_client_without_asking_the_server() -> None:
    client = ari.Client("http://127.0.0.1:9", USER, PASSWORD)
    assert client.server_version is None


def test_options_are_checked() -> None:
    with pytest.raises(TypeError, match="no option") as caught:
        ari.connect("http://127.0.0.1:9", USER, PASSWORD, colour="red")  # type: ignore[call-arg]
    assert isinstance(caught.value, ari.IllegalInputException)
    with pytest.raises(TypeError, match="reconnect"):
        ari.Client("http://127.0.0.1:9", USER, PASSWORD, reconnect="sometimes")  # type: ignore[arg-type]
