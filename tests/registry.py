"""A small schema registry: stores schemas by subject and version, and answers by id, as Confluent's interface says."""

import base64
import json
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit
from uuid import NAMESPACE_URL, uuid5

MOST = 65_536
PROTO = 'syntax = "proto3"; // stands for the text, which a registry makes of the descriptor'


class Stored(dict[str, Any]):
    """One version of a subject: what the registry answers about it."""


class SmallRegistry:
    """The schemas, and how the registry behaves: the answers that it gives before it works, and who may ask."""

    def __init__(self) -> None:
        self.versions: dict[str, list[Stored]] = {}
        self.by_id: dict[int, Stored] = {}
        self.asked: list[str] = []
        """The paths that were asked for."""
        self.faults: list[tuple[int, bytes]] = []
        """Answers to the next requests, in place of what they ask for."""
        self.authorization = ""
        self.has_descriptors = True
        self.in_pieces = False
        """Whether answers come byte by byte."""
        self.port, self.scheme = 0, "http"

    @property
    def url(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self.port}"

    def register(self, subject: str, text: str, kind: str = "AVRO", references: Any = ()) -> int:
        """Store a schema; return its id. The same schema keeps its id."""
        said = {"schema": text, "schemaType": kind, "references": list(references)}
        ident = next((one["id"] for one in self.by_id.values() if one | said == one), len(self.by_id) + 1)
        versions = self.versions.setdefault(subject, [])
        guid = str(uuid5(NAMESPACE_URL, json.dumps(said, sort_keys=True)))
        stored = Stored(said, id=ident, subject=subject, version=len(versions) + 1, guid=guid)
        versions.append(stored)
        self.by_id.setdefault(ident, stored)
        return int(ident)

    def answer(self, method: str, path: str, body: Any) -> tuple[int, Any]:
        split = urlsplit(path)
        query, parts = parse_qs(split.query), [unquote(one) for one in split.path.strip("/").split("/")]
        form = query.get("format", [""])[0]
        match method, parts:
            case "POST", ["subjects", subject, "versions"]:
                ident = self.register(
                    subject, body["schema"], body.get("schemaType", "AVRO"), body.get("references", ())
                )
                return 200, self.by_id[ident]
            case "POST", ["subjects", subject]:
                found = [one for one in self.versions.get(subject, ()) if one["schema"] == body["schema"]]
                return (200, found[0]) if found else (404, {"error_code": 40403, "message": "Schema not found"})
            case "GET", ["schemas", "ids", ident]:
                return self._schema(self.by_id.get(int(ident)), form)
            case "GET", ["schemas", "guids", guid]:
                return self._schema(next((one for one in self.by_id.values() if one["guid"] == guid), None), form)
            case "GET", ["subjects", subject, "versions", version]:
                versions = self.versions.get(subject, [])
                place = len(versions) if version == "latest" else int(version)
                return self._schema(versions[place - 1] if 0 < place <= len(versions) else None, form)
        return 404, {"error_code": 404, "message": "HTTP 404 Not Found"}

    def _schema(self, stored: Stored | None, form: str) -> tuple[int, Any]:
        if stored is None:
            return 404, {"error_code": 40403, "message": "Schema not found"}
        found = dict(stored)
        if found["schemaType"] == "PROTOBUF" and (form != "serialized" or not self.has_descriptors):
            found["schema"] = PROTO
        if found["schemaType"] == "AVRO":
            del found["schemaType"]
        return 200, found


@contextmanager
def registry(port: int = 0, certificate: Path | None = None) -> Iterator[SmallRegistry]:
    """Run a small registry on a port of loopback; with a certificate (and its key, in one file) by TLS."""
    small = SmallRegistry()

    class Asked(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._do(None)

        def do_POST(self) -> None:
            self._do(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))

        def _do(self, body: Any) -> None:
            small.asked.append(self.path)
            if small.authorization and self.headers.get("Authorization") != small.authorization:
                self._say(401, b'{"error_code": 401, "message": "Unauthorized"}')
            elif small.faults:
                self._say(*small.faults.pop(0))
            else:
                status, answer = small.answer(self.command, self.path, body)
                self._say(status, json.dumps(answer).encode())

        def _say(self, status: int, text: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", "application/vnd.schemaregistry.v1+json")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            for at in range(0, len(text), 1 if small.in_pieces else MOST):
                self.wfile.write(text[at : at + (1 if small.in_pieces else MOST)])

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name of the base class
            """Write no line to the log of tests."""

    server = ThreadingHTTPServer(("127.0.0.1", port), Asked)
    small.port = server.server_address[1]
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        small.scheme = "https"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield small
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def basic(user: str, password: str) -> str:
    """Return the header by which a user is known."""
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()
