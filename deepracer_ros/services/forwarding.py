# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Forwarding of one port of an address of this machine to a port of the loopback address.

A local S3 server has further ports without a password. So it listens on the loopback address only, and other hosts
reach nothing but its S3 API.
"""

import asyncio
import threading
from contextlib import suppress

from deepracer_ros.errors import InputError
from deepracer_ros.services.server import LOOPBACK

MOST_CONNECTIONS = 1024
"""Number of connections at a time; further ones are closed at once."""
CONNECT_SECONDS = 5.0
CHUNK = 1 << 16
"""Number of bytes that are read at a time."""
START_SECONDS = 10.0


class Forwarder:
    """A thread that forwards TCP connections until it is closed.

    Attributes:
        port: The port on which it listens.
    """

    def __init__(self, host: str, target: int) -> None:
        """Listen on a free port.

        Args:
            host: Address of this machine.
            target: Port of the loopback address to which connections go.

        Raises:
            InputError: if the address is none of this machine.
        """
        self._host, self._target = host, target
        self.port, self._failure, self._connections = 0, "", 0
        self._loop = asyncio.new_event_loop()
        self._stop: asyncio.Event | None = None
        ready = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(ready,), name="forwarder", daemon=True)
        self._thread.start()
        if not ready.wait(START_SECONDS) or self._failure:
            raise InputError(f"address {host}: {self._failure or 'no answer'}; expected an address of this machine")

    def _run(self, ready: threading.Event) -> None:
        try:
            self._loop.run_until_complete(self._serve(ready))
        finally:
            ready.set()
            self._loop.close()

    async def _serve(self, ready: threading.Event) -> None:
        self._stop = asyncio.Event()
        try:
            server = await asyncio.start_server(self._forward, self._host, 0)
        except OSError as error:
            self._failure = error.strerror or str(error)
            return
        self.port = server.sockets[0].getsockname()[1]
        ready.set()
        async with server:
            await self._stop.wait()
        left = asyncio.all_tasks() - {asyncio.current_task()}
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)

    async def _forward(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Forward one connection in both directions until one side ends it."""
        self._connections += 1
        try:
            if self._connections > MOST_CONNECTIONS:
                return
            connecting = asyncio.open_connection(LOOPBACK, self._target)
            there, back = await asyncio.wait_for(connecting, CONNECT_SECONDS)
            try:
                await asyncio.gather(_pump(reader, back), _pump(there, writer))
            finally:
                back.close()
        except (OSError, asyncio.TimeoutError):
            pass  # the client sees a closed connection and tries again
        finally:
            self._connections -= 1
            writer.close()

    def close(self) -> None:
        """Close all connections and end the thread; a second call does nothing."""
        if self._thread.is_alive() and self._stop is not None:
            with suppress(RuntimeError):  # the loop has ended meanwhile
                self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(CONNECT_SECONDS)


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Copy a stream until its end, and end the other one."""
    while content := await reader.read(CHUNK):
        writer.write(content)
        await writer.drain()
    if writer.can_write_eof():
        writer.write_eof()
