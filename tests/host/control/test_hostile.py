"""Clients that misbehave, and who may not be one; sockets in odd places; hosts that die."""

import asyncio
import json
import os
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import anyio
import pytest

from host.control.client import connect, socket_of
from host.control.client_link import ClientLink
from host.control.connection import READ_PAUSE_BYTES
from host.control.socket_place import POINTER_NAME
from host.control.wire import MAX_FRAME_BYTES
from host.errors import AlreadyRunning, Denied, HostClosed, NoHost
from protocol.errors import DENIED
from tests.host.control.conftest import WAIT_S, Serving, peer_of, wire_to
from tests.host.control.small_facade import ROW, SmallFacade

ROOT = Path(__file__).parents[3]
is_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root may become another user")


async def test_junk_and_half_a_frame_cost_only_their_own_connection(serving: Serving, tmp_path: Path):
    async with serving(), connect(tmp_path) as host:
        for junk in (
            b"\0\xff\n" * 1000,
            b"[" * 100_000 + b"\n",
            b'{"jsonrpc":',
            b"\n" * 10_000,
            b"{}\n" * 500,
        ):
            with peer_of(str(socket_of(tmp_path))) as peer:
                peer.setblocking(False)
                for start in range(0, len(junk), 4096):
                    with anyio.fail_after(WAIT_S):
                        await anyio.wait_writable(peer)
                    peer.send(junk[start : start + 4096])
            assert await host.plugins() == (ROW,)


async def test_who_sends_nothing_but_junk_is_told_and_let_go_after_a_hundred_lines(serving: Serving):
    async with serving() as server, wire_to(server.socket_path, hello=False) as wire:
        # One write, and so one read: what stands behind the hundredth line costs nothing.
        await wire.say(b"x\n" * 50_000)
        for _ in range(100):
            assert (await wire.hear())["error"]["code"] == -32700
        last = (await wire.hear())["error"]
        assert "no JSON-RPC 2.0 request" in last["message"]
        assert last["data"]["remedy"]
        assert await wire.hear() is None


async def test_a_giant_line_is_read_past_and_the_connection_lives(serving: Serving):
    async with serving() as server, wire_to(server.socket_path) as wire:
        piece = b"x" * (1 << 20)
        for _ in range(MAX_FRAME_BYTES // len(piece) + 1):
            await wire.say(piece)
        await wire.say(b"\n")
        assert (await wire.hear())["error"]["data"]["code"] == "frame_too_large"
        assert (await wire.ask("plugins"))["result"]


async def test_thousands_of_requests_are_each_answered(serving: Serving):
    async with serving() as server, wire_to(server.socket_path) as wire:
        lines = [
            json.dumps({"jsonrpc": "2.0", "id": number, "method": "plugins"}).encode() + b"\n"
            for number in range(5_000)
        ]
        seen: set[int] = set()

        async def hear() -> None:
            while len(seen) < len(lines):
                seen.add((await wire.hear())["id"])

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(hear)
            await wire.say(b"".join(lines))
        assert seen == set(range(5_000))


async def test_a_client_that_never_reads_is_let_go_and_costs_bounded_memory(
    serving: Serving, small: SmallFacade, tmp_path: Path, until: Any
):
    async with serving(stall_s=0.5) as server, connect(tmp_path) as host:
        peer = peer_of(server.socket_path)
        with peer:
            peer.setblocking(False)
            hello = {"jsonrpc": "2.0", "id": 0, "method": "hello", "params": {"client": "x", "protocol": 1}}
            watch = {"jsonrpc": "2.0", "id": 1, "method": "watch", "params": [["plugins"], 10]}
            peer.send(json.dumps(hello).encode() + b"\n" + json.dumps(watch).encode() + b"\n")
            await until(lambda: small.boards)
            for number in range(200):
                # 100 kB a picture: the kernel takes some, one waits here, the rest is never made.
                small.show({"plugins": {"a": {"text": f"{number}" * 50_000}}})
                await anyio.lowlevel.checkpoint()
            await until(lambda: len(server.clients()) == 1)
            peer.setblocking(True)
            peer.settimeout(WAIT_S)
            got = 0
            while piece := _received(peer):
                got += len(piece)
            assert got < 2 * READ_PAUSE_BYTES
        assert small.boards == []
        assert await host.plugins() == (ROW,)


def _received(peer: socket.socket) -> bytes:
    try:
        return peer.recv(1 << 16)
    except ConnectionResetError:
        return b""


async def test_a_peer_that_belongs_to_a_plugin_is_refused_and_audited(serving: Serving, tmp_path: Path):
    told: list[tuple[str, str, str]] = []
    asked: list[int] = []

    def is_plugins(pid: int) -> bool:
        asked.append(pid)
        return True

    def audit(by: str, method: str, _params: Any, outcome: str) -> None:
        told.append((by, method, outcome))

    async with serving(is_plugins=is_plugins, audit=audit) as server:
        with pytest.raises(Denied, match="plugins may not"):
            async with connect(tmp_path):
                pass
        assert asked == [os.getpid()]
        assert server.clients() == ()
    assert [(method, outcome.partition(":")[0]) for _, method, outcome in told] == [("connect", "denied")]
    assert str(os.getpid()) in told[0][0]


async def test_why_a_connection_is_refused_is_read_though_the_host_closed_it_before_hello_was_sent(
    tmp_path: Path,
):
    path = tmp_path / "socket"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()
        loop = asyncio.get_running_loop()
        _, link = await loop.create_unix_connection(ClientLink, str(path))
        accepted, _ = listener.accept()
        with accepted:
            error = {"code": DENIED, "message": "not you", "data": {"kind": "denied"}}
            accepted.sendall(json.dumps({"jsonrpc": "2.0", "id": None, "error": error}).encode() + b"\n")
        with anyio.fail_after(WAIT_S), pytest.raises(Denied, match="not you"):
            await link.request("hello", b"{}")


@is_root
@pytest.mark.parametrize("open_door", [False, True])
async def test_another_user_is_refused_even_where_the_door_stands_open(serving: Serving, open_door: bool):
    data = Path(f"/tmp/plughost-test-{os.getpid()}-{open_door}")
    data.mkdir(mode=0o755)
    try:
        async with serving(data) as server:
            path = Path(server.socket_path)
            assert stat.S_IMODE(path.stat().st_mode) == 0o600
            assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
            if open_door:
                path.chmod(0o666)
                path.parent.chmod(0o755)
            code = (
                "import os, socket, sys\nos.setgid(65534); os.setuid(65534)\n"
                "peer = socket.socket(socket.AF_UNIX)\n"
                "try: peer.connect(sys.argv[1])\nexcept PermissionError: print('kept out')\n"
                "else: print(peer.makefile().readline())"
            )
            done = await anyio.run_process([sys.executable, "-I", "-c", code, str(path)])
            said = done.stdout.decode()
            assert ("own user" in said) if open_door else (said == "kept out\n")
    finally:
        data.rmdir() if not any(data.iterdir()) else _clear(data)


def _clear(data: Path) -> None:
    for one in data.iterdir():
        one.rmdir() if one.is_dir() else one.unlink()
    data.rmdir()


async def test_two_servers_do_not_share_a_folder(serving: Serving, tmp_path: Path):
    async with serving():
        with pytest.RaisesGroup(AlreadyRunning):
            async with serving():
                pass
        async with connect(tmp_path) as host:
            assert await host.plugins() == (ROW,)


async def test_a_path_that_is_too_long_is_replaced_and_clients_find_it(
    serving: Serving, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    short = tmp_path / "s"
    short.mkdir()
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(short))
    data = tmp_path.joinpath(*["a-folder-with-a-long-name"] * 5)
    data.mkdir(parents=True)
    async with serving(data) as server:
        path = socket_of(data)
        assert str(path) == server.socket_path
        assert len(os.fsencode(path)) <= 103
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
        async with connect(data) as host:
            assert await host.plugins() == (ROW,)
    assert not path.parent.exists()
    assert not (data / POINTER_NAME).exists()


@contextmanager
def _host(data: Path) -> Generator[subprocess.Popen[str]]:
    code = [sys.executable, "-m", "tests.host.control.host_process", str(data)]
    with subprocess.Popen(code, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("ready")
        try:
            yield process
        finally:
            process.kill()


async def test_a_killed_host_ends_calls_boards_and_tails_and_the_next_one_takes_its_place(tmp_path: Path):
    with _host(tmp_path) as process:
        async with connect(tmp_path) as host, host.watch(["plugins"]) as board:
            failed: list[HostClosed] = []

            async def ask(method: Any, *args: Any) -> None:
                with pytest.raises(HostClosed) as raised:
                    await method(*args)
                failed.append(raised.value)

            async with anyio.create_task_group() as tasks:
                tasks.start_soon(ask, host.call, "hello", "wait")
                tasks.start_soon(ask, host.storage_get, "a", "wait")
                assert await host.plugins() == (ROW,)
                process.send_signal(signal.SIGKILL)
            assert sorted(str(one.data["done"]) for one in failed) == ["False", "None"]
            assert any("may have been done, or not" in one.message for one in failed)
            await board.moved()
            with pytest.raises(HostClosed, match="attach again"):
                await board.moved()
            assert board.picture == {"plugins": {"a": {"x": 1}}}
            with pytest.raises(NoHost, match="was not asked for"):
                await host.plugin_start("hello")
    assert socket_of(tmp_path).exists()
    with pytest.raises(NoHost, match="is gone"):
        async with connect(tmp_path):
            pass
    with _host(tmp_path):
        async with connect(tmp_path) as host:
            assert await host.plugins() == (ROW,)


def test_the_client_loads_nothing_that_is_slow():
    code = "import host.control.client, sys; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    loaded = {name.partition(".")[0] for name in done.stdout.split()}
    assert not loaded & {"jsonrpcserver", "jsonschema", "pydantic", "textual", "rich", "click", "psutil"}


async def test_a_client_that_does_not_read_does_not_hold_the_hosts_end_up(
    serving: Serving, small: SmallFacade, until: Any
):
    small.show({"plugins": {"a": {"text": "x" * 3_000_000}}})
    with peer_of_later() as peer, anyio.fail_after(WAIT_S):
        async with serving() as server:
            peer.connect(server.socket_path)
            hello = {"jsonrpc": "2.0", "id": 0, "method": "hello", "params": {"client": "x", "protocol": 1}}
            watch = {"jsonrpc": "2.0", "id": 1, "method": "watch", "params": [["plugins"]]}
            again = {"jsonrpc": "2.0", "id": 2, "method": "plugins"}
            peer.send(b"".join(json.dumps(one).encode() + b"\n" for one in (hello, watch)))
            await until(lambda: small.boards)
            for _ in range(20):
                await anyio.lowlevel.checkpoint()
            peer.send(json.dumps(again).encode() + b"\n")
            for _ in range(20):
                await anyio.lowlevel.checkpoint()
        assert small.boards == []


def peer_of_later() -> socket.socket:
    """Return a socket that is not connected yet."""
    return socket.socket(socket.AF_UNIX)
