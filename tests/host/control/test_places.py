"""Where the socket is, and what a client is told that can't get to it."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import anyio
import pytest

from host.control.client import connect
from host.control.listening import listen_in
from host.control.server import MAX_CLIENTS
from host.control.socket_place import MAX_PATH_BYTES, own_place, pointed, pointer_of, socket_of
from host.errors import NoHost, SettingsError
from tests.host.control.conftest import Serving, wire_to

ROOT = Path(__file__).parents[3]


def _deep(tmp_path: Path) -> Path:
    data = tmp_path.joinpath(*["a-folder-with-a-long-name"] * 5)
    data.mkdir(parents=True)
    return data


def test_what_a_dead_host_had_elsewhere_is_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    short = tmp_path / "s"
    short.mkdir()
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(short))
    data = _deep(tmp_path)
    dead = listen_in(data)
    dead.listener.close()  # as the kernel does for a host that was killed
    assert dead.path.exists()
    next_one = listen_in(data)
    try:
        assert not dead.path.parent.exists()
        assert socket_of(data) == next_one.path != dead.path
    finally:
        next_one.close()
    assert [*short.iterdir()] == []
    assert pointed(data) is None


@pytest.mark.parametrize("content", [b"", b"not/absolute\n", b"\0", b"/nobody/is/here\n"])
def test_a_file_that_points_nowhere_does_no_harm(tmp_path: Path, content: bytes):
    pointer_of(tmp_path).write_bytes(content)
    listening = listen_in(tmp_path)
    try:
        assert socket_of(tmp_path) == own_place(tmp_path) == listening.path
    finally:
        listening.close()


def test_a_folder_of_its_own_that_is_a_link_or_a_file_is_refused(tmp_path: Path):
    place = own_place(tmp_path)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    place.parent.symlink_to(elsewhere)
    with pytest.raises(SettingsError, match="can't be made"):
        listen_in(tmp_path)
    place.parent.unlink()
    place.parent.mkdir()
    place.write_text("a file")
    with pytest.raises(SettingsError, match="not a socket"):
        listen_in(tmp_path)
    assert place.read_text() == "a file"


async def test_a_path_that_no_socket_can_have_is_said(tmp_path: Path):
    path = _deep(tmp_path) / "socket"
    with pytest.raises(SettingsError, match=f"may have {MAX_PATH_BYTES}") as raised:
        async with connect(socket=path):
            pass
    assert "data folder" in raised.value.remedy


async def test_what_is_no_host_is_said(tmp_path: Path):
    path = tmp_path / "other"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()

        def answer() -> None:
            peer, _ = listener.accept()
            with peer:
                peer.recv(4096)
                peer.sendall(b"220 mail.example ESMTP\r\n")
                peer.recv(4096)

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(anyio.to_thread.run_sync, answer)
            with pytest.raises(Exception, match="not JSON-RPC"):
                async with connect(socket=path):
                    pass
    with pytest.raises(NoHost, match="is gone"):
        async with connect(socket=path):
            pass


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may become another user")
async def test_a_user_who_may_not_is_told_whose_it_is(serving: Serving, tmp_path: Path):
    code = (
        "import asyncio, os, sys\nfrom pathlib import Path\nfrom host.control.client import connect\n"
        "os.setgid(65534); os.setuid(65534)\n"
        "async def main():\n    async with connect(socket=Path(sys.argv[1])): pass\n"
        "try: asyncio.run(main())\nexcept Exception as exc: print(type(exc).__name__, exc)"
    )
    async with serving() as server:
        done = await anyio.run_process(
            [sys.executable, "-c", code, server.socket_path], cwd=ROOT, stderr=subprocess.STDOUT
        )
    said = done.stdout.decode()
    assert said.startswith("Denied user 65534 may not use")
    assert "run this as the user" in said


async def test_past_the_bound_of_clients_one_more_is_told_so(serving: Serving, tmp_path: Path):
    async with serving() as server:
        idle: list[socket.socket] = []
        try:
            for _ in range(MAX_CLIENTS):
                peer = socket.socket(socket.AF_UNIX)
                idle.append(peer)
                peer.setblocking(False)
                peer.connect(server.socket_path)
                await anyio.lowlevel.checkpoint()
            async with wire_to(server.socket_path, hello=False) as wire:
                refused = await wire.hear()
                assert refused["id"] is None
                assert "clients are attached" in refused["error"]["message"]
        finally:
            for peer in idle:
                peer.close()
