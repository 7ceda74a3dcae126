"""A log is read whatever its layout, encoding and name; what is no log is named, with what to do about it."""

import gzip
import io
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams import json_values, logfile
from streams.cli.words import nothing_in
from streams.errors import BadLog, BadSettings
from streams.logfile import lines_of, opened
from streams.setting_sources import read_settings
from tests.building import Log

EVENTS = Log().starts(3).login(5, 6).events
DOCUMENT = st.dictionaries(
    st.text(max_size=4),
    st.recursive(
        st.none() | st.integers() | st.text(alphabet='a"\\{}[],é\n ', max_size=6),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
        max_leaves=6,
    ),
    min_size=1,
    max_size=3,
)
TEXT = "\n".join(map(json.dumps, EVENTS)) + "\n"
LAYOUTS = {
    "one event a line": TEXT.encode(),
    "with a byte order mark": b"\xef\xbb\xbf" + TEXT.encode(),
    "with lines as Windows ends them": TEXT.replace("\n", "\r\n").encode(),
    "with empty lines": ("\n \n" + TEXT.replace("\n", "\n\n")).encode(),
    "without an end of the last line": TEXT.rstrip("\n").encode(),
    "in UTF-16": TEXT.encode("utf-16"),
    "in UTF-16 with the greater byte first": b"\xfe\xff" + TEXT.encode("utf-16-be"),
    "in UTF-16 without a mark": TEXT.encode("utf-16-le"),
    "in UTF-32": TEXT.encode("utf-32"),
    "gzipped": gzip.compress(TEXT.encode()),
    "gzipped twice, in UTF-16": gzip.compress(gzip.compress(TEXT.encode("utf-16"))),
    "an array on one line": json.dumps(EVENTS).encode(),
    "an array over many lines": json.dumps(EVENTS, indent=2).encode(),
    "an array with an event a line": ("[\n" + ",\n".join(map(json.dumps, EVENTS)) + "\n]\n").encode(),
    "two arrays, one after the other": f"{json.dumps(EVENTS[:1])}\n{json.dumps(EVENTS[1:], indent=1)}".encode(),
    "printed over many lines": "\n".join(json.dumps(event, indent=4) for event in EVENTS).encode(),
}
FOREIGN = {
    "CSV without a header": (b"1,c-1,2024-01-01\n2,c-1,2024-01-01\n", "no header"),
    "CSV without a header, in UTF-16": ("1;2\n1;2\n".encode("utf-16"), "no header"),
    "an array of numbers": (b"[1,2,3]\n", "is a JSON array of something else than events. "),
    "an array of numbers, one a line": (b"[\n1,\n2]\n", "is a JSON array of something else than events"),
    "zip": (b"PK\x03\x04rest", "unzip -p"),
    "zstd": (b"\x28\xb5\x2f\xfdrest", "zstd -dc"),
    "half of a Parquet file": (b"PAR1rest", "cannot be read as Parquet"),
    "tar": (b"log.jsonl".ljust(257, b"\0") + b"ustar", "tar -xOf"),
    "XML": (b"<events/>", "XML"),
    "nothing": (b"", "is empty"),
    "nothing, gzipped": (gzip.compress(b""), "is empty"),
    "empty lines": (b"\n\n  \n", "nothing but empty lines"),
    "half of a gzip file": (gzip.compress(TEXT.encode() * 9)[:60], "is incomplete"),
    "an array cut after a whole item": (json.dumps(EVENTS)[:-1].encode(), "is incomplete"),
    "an array cut within an item": (json.dumps(EVENTS)[:-9].encode(), "is incomplete"),
    "half of UTF-16": (TEXT.encode("utf-16")[:-1], "is not valid"),
}


def a_file(tmp_path: Path, content: bytes) -> Path:
    file = tmp_path / "export.data"
    file.write_bytes(content)
    return file


@pytest.mark.parametrize("content", LAYOUTS.values(), ids=LAYOUTS)
def test_every_layout_gives_the_same_events(content: bytes, tmp_path: Path) -> None:
    found = [json.loads(text) for text in lines_of(a_file(tmp_path, content))]

    assert found == EVENTS


@pytest.mark.parametrize(("content", "says"), FOREIGN.values(), ids=FOREIGN)
def test_what_is_no_log_is_named(content: bytes, says: str, tmp_path: Path) -> None:
    with pytest.raises(BadLog) as error:
        list(lines_of(a_file(tmp_path, content)))

    assert says in str(error.value)


def test_a_folder_is_no_log(tmp_path: Path) -> None:
    with pytest.raises(BadSettings, match="cannot read"):
        list(lines_of(tmp_path))


def numbers(tmp_path: Path, content: bytes) -> tuple[str, list[tuple[int, bytes]]]:
    with opened(a_file(tmp_path, content)) as log:
        return log.noun, [(line.number, line.text) for line in log]


def test_a_line_keeps_its_number_and_an_item_its_place(tmp_path: Path) -> None:
    assert numbers(tmp_path, b'{"a":1}\n\nbroken\n{"b":2}\n') == (
        "line",
        [(1, b'{"a":1}'), (3, b"broken"), (4, b'{"b":2}')],
    )
    assert numbers(tmp_path, b'{\n "a": 1\n}\n{\n "b": 2\n}\n') == (
        "line",
        [(1, b'{\n "a": 1\n}'), (4, b'{\n "b": 2\n}')],
    )
    assert numbers(tmp_path, b'[{"a":1}, 7, "x",\n{"b":2}]') == (
        "item",
        [(1, b'{"a":1}'), (2, b'7, "x"'), (3, b'{"b":2}')],
    )


def test_of_two_files_that_became_one_both_are_read(tmp_path: Path) -> None:
    assert numbers(tmp_path, b'\xef\xbb\xbf{"a":1}\n\xef\xbb\xbf{"b":2}\n')[1] == [(1, b'{"a":1}'), (2, b'{"b":2}')]


def test_a_broken_first_line_is_one_bad_record(tmp_path: Path) -> None:
    assert numbers(tmp_path, b'{"a":\n{"b":2}\n') == ("line", [(1, b'{"a":'), (2, b'{"b":2}')])


def test_the_end_of_what_was_cut_off_is_handed_out(tmp_path: Path) -> None:
    found: list[tuple[int, bytes]] = []

    with pytest.raises(BadLog, match="is incomplete"), opened(a_file(tmp_path, b'[{"a":1},{"b":"')) as log:
        found.extend((line.number, line.text) for line in log)

    assert found == [(1, b'{"a":1}'), (2, b'{"b":"')]


def test_of_a_line_that_is_far_too_long_only_the_beginning_is_kept(tmp_path: Path) -> None:
    long = b"x" * (logfile.LONGEST + 10)

    with opened(a_file(tmp_path, b'{"a":1}\n' + long + b"\n" + b'{"b":2}\n')) as log:
        found = [(line.number, len(line.text), line.size) for line in log]

    assert found == [(1, 7, 7), (2, logfile.LONGEST, len(long)), (3, 7, 7)]


def test_a_quotation_mark_that_is_missing_does_not_fill_the_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(json_values, "LONGEST_VALUE", 1_000)
    monkeypatch.setattr(json_values, "CHUNK", 500)

    with pytest.raises(BadLog, match="quotation mark is missing"):
        list(lines_of(a_file(tmp_path, b'[{"a":"' + b"x" * 5_000)))


@given(st.lists(DOCUMENT, min_size=1, max_size=4), st.sampled_from([None, 0, 2]), st.integers(1, 9), st.booleans())
def test_any_documents_come_out_as_they_went_in(
    documents: list[object], indent: int | None, chunk: int, in_array: bool
) -> None:
    whole = json.dumps(documents, indent=indent)
    text = whole if in_array else "\n".join(json.dumps(one, indent=indent) for one in documents)

    stream = io.BufferedReader(io.BytesIO(text.encode()))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(json_values, "CHUNK", chunk)
        found = list(json_values.Values(stream, in_array=in_array))

    assert [json.loads(line.text) for line in found] == documents


def test_an_array_that_does_not_end_names_its_last_item_and_the_line(tmp_path: Path) -> None:
    with (
        pytest.raises(BadLog, match="number 2, from line 2 on"),
        opened(a_file(tmp_path, b'[{"a":1},\n{"b":"}]')) as log,
    ):
        list(log)


EMPTY = {
    "csv": (b"event_id,type,customer_id,occurred_at\n", "the names of columns, and no row below them"),
    "array": (b"[]", "a JSON array without a member"),
}


@pytest.mark.parametrize("layout", EMPTY)
def test_a_log_in_which_there_is_nothing_says_what_it_has(layout: str, tmp_path: Path) -> None:
    content, says = EMPTY[layout]

    with opened(a_file(tmp_path, content)) as log:
        found = list(log)

    assert (found, log.layout) == ([], layout)
    assert says in log.empty
    assert says in nothing_in(log.file, read_settings())


@pytest.mark.parametrize(
    "row",
    [b"ana@shop.example,sub_1,40\nb@shop.example,sub_2,50\n", b'["ana@shop.example"]'],
)
def test_no_value_of_a_file_that_is_no_log_is_shown(row: bytes, tmp_path: Path) -> None:
    with pytest.raises(BadLog) as error:
        list(lines_of(a_file(tmp_path, row)))

    assert re.search(r"ana|Madrid|sub_1", str(error.value).replace(str(tmp_path), ""), re.IGNORECASE) is None


def test_a_binary_file_is_called_so_and_not_a_table_or_lines(tmp_path: Path) -> None:
    file = tmp_path / "log.jsonl"
    for content in (b"\x01,\x02\n\0,x\n", b"\x07,\0a\n3,4\n", b"\0\0\0\0\x07ab\n"):
        file.write_bytes(content)
        with pytest.raises(BadLog, match=r"is binary, and of no kind that is read\. A log has one JSON event a line"):
            list(lines_of(file))

    file.write_bytes(b'\x01,\0broken\n{"a": 1}\n')
    assert list(lines_of(file))[1] == b'{"a": 1}'


def test_a_named_pipe_that_nobody_writes_to_is_said_to_be_waited_for(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reads = "import sys; from pathlib import Path; from streams.logfile import lines_of"
    command = [sys.executable, "-c", f"{reads}; print(len(list(lines_of(Path(sys.argv[1])))))", str(pipe)]

    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as reading:
        assert reading.stderr is not None
        said = reading.stderr.readline()
        pipe.write_bytes(TEXT.encode())
        read, rest = reading.communicate(timeout=60)

    assert said == f"waiting for a program to write to the named pipe {pipe}; Ctrl-C ends it\n"
    assert (read.strip(), rest) == (str(len(EVENTS)), "")
