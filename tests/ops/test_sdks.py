"""Outputs are read by the CloudEvents SDKs of four languages, and the AsyncAPI document by its own parser.

Each SDK is installed once, pinned, under `target/sdks`. It gets the records that a played company has written, headers
and bytes, and says what it reads.
"""

import asyncio
import hashlib
import json
import os
import shutil
import subprocess
import sys
from base64 import b64encode
from datetime import datetime
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import pytest_asyncio
from aiokafka.structs import ConsumerRecord

from streams.asyncapi.document import as_json, document
from streams.asyncapi.messages import LETTER, REMOVED
from streams.settings import Settings
from streams.topics import DEAD_LETTERS, OUTPUTS, TOPIC_OF_TYPE
from tests.ops.test_observed import needs
from tests.outputs import headers_of, message_of, played, records_of

pytestmark = [pytest.mark.ops, pytest.mark.timeout(600)]

ROOT = Path(__file__).resolve().parents[2]
SDKS = Path(__file__).parent / "sdks"
TARGET = ROOT / "target/sdks"
DEPLOYMENT = "EU-1.shop_b-"
PYTHON = "cloudevents==2.2.0"


def run(*command: str | Path, cwd: Path = ROOT, **more: str) -> str:
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False, env={**os.environ, **more})
    assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
    return done.stdout


def installed(name: str, *files: Path, said: str = "") -> tuple[Path, bool]:
    """Return the folder of what is installed by some files, and whether it is there already."""
    digest = hashlib.sha256(said.encode() + b"".join(file.read_bytes() for file in files)).hexdigest()[:12]
    folder = TARGET / f"{name}-{digest}"
    return folder, (folder / "done").exists()


def npm() -> Path:
    folder, ready = installed("javascript", SDKS / "javascript/package.json")
    if not ready:
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copy(SDKS / "javascript/package.json", folder)
        run(needs("npm"), "install", "--no-audit", "--no-fund", "--ignore-scripts", "--silent", cwd=folder)
        (folder / "done").touch()
    return folder


def javascript() -> list[str]:
    return [needs("node"), str(SDKS / "javascript/read.mjs"), str(npm())]


def go() -> list[str]:
    folder, ready = installed("go", *(SDKS / "go" / name for name in ("main.go", "go.mod", "go.sum")))
    if not ready:
        run(needs("go"), "build", "-o", folder / "read", ".", cwd=SDKS / "go")
        (folder / "done").touch()
    return [str(folder / "read")]


def java() -> list[str]:
    folder, ready = installed("java", SDKS / "java/pom.xml", SDKS / "java/Read.java")
    if not ready:
        goal, out = "dependency:copy-dependencies", f"-DoutputDirectory={folder}"
        run(needs("mvn"), "-q", "-B", "-f", SDKS / "java/pom.xml", goal, out)
        run(needs("javac"), "-cp", f"{folder}/*", "-d", folder, SDKS / "java/Read.java")
        (folder / "done").touch()
    return [needs("java"), "-cp", f"{folder}/*{os.pathsep}{folder}", "Read"]


def python() -> list[str]:
    folder, ready = installed("python", said=PYTHON)
    program = folder / "bin/python"
    if not ready:
        run(sys.executable, "-m", "venv", folder)
        run(program, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", PYTHON, PYTHONPATH="")
        (folder / "done").touch()
    return [str(program), str(SDKS / "python/read.py")]


READERS = {"go": go, "java": java, "javascript": javascript, "python": python}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def records() -> list[ConsumerRecord]:
    """Return all outputs of a played company whose customers have names in any alphabet."""
    async with played("ñandú Ω/", deployment=DEPLOYMENT) as settings:
        return [record async for record in records_of(settings, *OUTPUTS)]


def events(records: list[ConsumerRecord]) -> list[ConsumerRecord]:
    return [one for one in records if message_of(one) not in {LETTER, REMOVED}]


def as_line(record: ConsumerRecord) -> str:
    def text(value: bytes) -> str:
        return b64encode(value).decode()

    headers = {name: text(value) for name, value in record.headers}
    return json.dumps({"topic": record.topic, "key": text(record.key), "headers": headers, "value": text(record.value)})


def meant(record: ConsumerRecord) -> dict[str, Any]:
    """Return what an SDK should read of a record."""
    said = headers_of(record)
    return {
        "id": said["ce_id"],
        "source": said["ce_source"],
        "type": said["ce_type"],
        "subject": said["ce_subject"],
        "time": datetime.fromisoformat(said["ce_time"]),
        "cause": said["ce_causationid"],
        "content": "application/json",
        "data": json.loads(record.value),
    }


@pytest.mark.asyncio(loop_scope="module")
async def test_every_type_of_output_is_there(records: list[ConsumerRecord]) -> None:
    assert {message_of(one) for one in events(records)} == set(TOPIC_OF_TYPE)
    assert {headers_of(one)["ce_source"] for one in events(records)} == {f"/backstay/{DEPLOYMENT}"}


@pytest.mark.parametrize("language", READERS)
@pytest.mark.asyncio(loop_scope="module")
async def test_an_sdk_reads_every_output_as_it_was_written(language: str, records: list[ConsumerRecord]) -> None:
    given = events(records)
    lines = "".join(as_line(one) + "\n" for one in given)

    command = await asyncio.to_thread(READERS[language])
    done = await asyncio.to_thread(
        subprocess.run, command, input=lines, capture_output=True, text=True, check=False, encoding="utf-8"
    )

    assert done.returncode == 0, done.stderr
    found = [json.loads(one) for one in done.stdout.splitlines()]
    assert [one | {"time": datetime.fromisoformat(one["time"])} for one in found] == list(map(meant, given))


@pytest.mark.asyncio(loop_scope="module")
async def test_what_is_no_cloudevent_does_not_look_like_one(records: list[ConsumerRecord]) -> None:
    others = [one for one in records if message_of(one) in {LETTER, REMOVED}]

    assert {message_of(one) for one in others} == {LETTER, REMOVED}
    assert not [name for one in others for name, _ in one.headers if name.startswith("ce_")]
    assert all(DEAD_LETTERS.name in one.topic or one.value is None for one in others)


def test_the_official_schema_of_asyncapi_accepts_the_document() -> None:
    schema = json.loads((npm() / "node_modules/@asyncapi/specs/schemas/3.0.0.json").read_text())

    errors = [
        f"{one.json_path}: {one.message}"
        for one in jsonschema.Draft7Validator(schema).iter_errors(document(Settings()))
    ]

    assert errors == []


def test_the_official_parser_of_asyncapi_has_nothing_to_say_about_the_document(tmp_path: Path) -> None:
    """But that there is a version 3.1. It does not compare examples with schemas: `tests/test_asyncapi.py` does."""
    found = document(Settings())

    said = parsed(found, tmp_path)

    assert {one["code"] for one in said["said"]} <= {"asyncapi-latest-version"}
    assert sorted(said["channels"]) == sorted(found["channels"])
    assert said["examples"] == sum(len(one.get("examples", ())) for one in found["components"]["messages"].values())


def test_the_official_parser_refuses_what_is_wrong(tmp_path: Path) -> None:
    """So the test above can fail."""
    found = json.loads(as_json(document(Settings())))
    found["operations"]["send-actions"]["action"] = "publish"

    said = parsed(found, tmp_path)

    assert ["operations", "send-actions", "action"] in [one["path"] for one in said["said"] if one["severity"] == 0]


def parsed(found: dict[str, Any], folder: Path) -> Any:
    file = folder / "asyncapi.json"
    file.write_text(as_json(found), encoding="utf-8")
    return json.loads(run(needs("node"), SDKS / "javascript/validate.cjs", npm(), file))
