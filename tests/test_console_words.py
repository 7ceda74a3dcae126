"""The words of the console: each text in each language, each used, and none outside the register."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

import pytest

from retention import signals
from retention.actions import ACTIONS
from retention.features import REGISTER
from retention.gates import GATES
from retention.metrics import METRICS
from retention.periods import KIND_OF
from retention.risk.health import WEIGHTS
from retention.signals import SIGNALS
from retention.wording import LANGUAGES
from streams.console import pages
from streams.console.documents import ActionState, Limit, Trend
from streams.console.pages.formats import percent
from streams.console.pages.words import COUNTS, WORDS
from streams.console.pages.words.names import NAMES
from streams.dead_letters import REASONS
from tests.building import at
from tests.playing import play
from tests.test_signals import STORIES, policy_of

FOLDER = Path(pages.__file__).parent
TEMPLATES = sorted((FOLDER / "templates").glob("*.html"))
MODULES = sorted(FOLDER.rglob("*.py"))
NOT_TRANSLATED = {"Backstay", "n"}
"""The product's own name, and the letter for a number of customers."""
SPOKEN = ("title", "placeholder", "aria-label", "alt")
"""Attributes that people read or hear."""


def texts() -> Iterator[tuple[str, str, str]]:
    for key, phrase in WORDS.items():
        yield from ((key, language, phrase.of(language)) for language in LANGUAGES)
    for what, pair in COUNTS.items():
        yield from ((what, language, one.of(language)) for one in pair for language in LANGUAGES)
    for of, register in NAMES.items():
        for word, phrase in register.items():
            yield from ((f"{of} {word}", language, phrase.of(language)) for language in LANGUAGES)


def test_every_text_is_there_in_each_language() -> None:
    assert [(key, language) for key, language, text in texts() if not text.strip() or text != text.strip()] == []


def test_a_percentage_in_a_text_is_written_as_those_beside_it() -> None:
    """With a blank in Spanish, and without one in English and Italian."""
    signs: dict[str, str] = {
        language: percent(1, language, 0).removeprefix("100").replace("\xa0", " ") for language in LANGUAGES
    }
    found = [
        (key, language, sign.replace("\xa0", " "))
        for key, language, text in texts()
        for sign in re.findall(r"\d(\s?%)", text)
    ]

    assert len(found) > len(LANGUAGES)
    assert [one for one in found if one[2] != signs[one[1]]] == []


@pytest.mark.parametrize("key", WORDS)
def test_a_text_has_the_same_places_in_each_language(key: str) -> None:
    places = {
        tuple(sorted({name for _, name, _, _ in Formatter().parse(WORDS[key].of(language)) if name}))
        for language in LANGUAGES
    }

    assert len(places) == 1


def test_every_field_that_a_signal_has_seen_has_a_name() -> None:
    said = [
        one
        for signal in SIGNALS
        for one in play(STORIES[signal.name].lines(), at(30), policy_of(signal)).about(signal.name)
    ]
    fields = {name for one in said for name in (*one.observed, *one.baseline)}

    assert len(fields) > 60
    assert fields <= NAMES["observed"].keys()


def fields_of(file: Path) -> set[str]:
    """Return the fields that a signal's file states, also those that its story does not come to."""
    stated = set[str]()
    for node in ast.walk(ast.parse(file.read_text())):
        match node:
            case ast.keyword(arg="observed" | "baseline", value=value):
                stated |= keys_in(value)
            case ast.AnnAssign(target=ast.Name(id="observed" | "baseline"), value=ast.expr() as value):
                stated |= keys_in(value)
            case ast.Assign(targets=[ast.Name(id="observed" | "baseline")], value=value):
                stated |= keys_in(value)
            case ast.Subscript(value=ast.Name(id="observed" | "baseline"), slice=ast.Constant(value=str() as key)):
                stated.add(key)
    return stated


def keys_in(value: ast.expr) -> set[str]:
    return {
        key.value
        for node in ast.walk(value)
        if isinstance(node, ast.Dict)
        for key in node.keys
        if isinstance(key, ast.Constant) and isinstance(key.value, str)
    }


def test_every_field_that_a_signal_may_state_has_a_name() -> None:
    stated = {field: file.stem for file in Path(signals.__file__).parent.glob("*.py") for field in fields_of(file)}

    assert len(stated) > 60
    assert {field: file for field, file in stated.items() if field not in NAMES["observed"]} == {}


def sources() -> str:
    return "\n".join(file.read_text() for file in TEMPLATES) + "\n".join(
        file.read_text() for file in MODULES if file.parent.name != "words"
    )


def test_every_key_is_used_and_every_used_key_is_there() -> None:
    text = sources()
    literals = set(re.findall(r"""["']([a-z_]+\.[a-z0-9_]+)["']""", text))
    prefixes = set(re.findall(r'f"([a-z_]+\.)\{', text))

    unused = {key for key in WORDS if key not in literals and not key.startswith(tuple(prefixes))}
    unknown = {key for key in re.findall(r'\bt\("([a-z_.0-9]+)"', text) if key not in WORDS}

    assert (unused, unknown) == (set(), set())


def test_every_count_is_used() -> None:
    used = set(re.findall(r'count\("([a-z]+)"', sources()))

    assert set(COUNTS) <= used


@pytest.mark.parametrize("file", TEMPLATES, ids=lambda file: file.stem)
def test_no_template_has_a_text_of_its_own(file: Path) -> None:
    text = re.sub(r"\{%.*?%\}|\{#.*?#\}|\{\{.*?\}\}", "", file.read_text(), flags=re.DOTALL)
    spoken = re.findall(rf'\b(?:{"|".join(SPOKEN)})="([^"]*[A-Za-z][^"]*)"', text)
    between = re.findall(r">([^<]*)<", text)
    words = {word for piece in between for word in re.findall(r"[A-Za-zÀ-ÿ]+", re.sub(r"&[a-z]+;|docs/", "", piece))}

    assert (spoken, words - NOT_TRANSLATED) == ([], set())


@pytest.mark.parametrize("file", TEMPLATES, ids=lambda file: file.stem)
def test_no_template_has_a_style_or_a_script_in_it(file: Path) -> None:
    text = file.read_text()

    assert re.search(r"\bstyle=|<style|\bon[a-z]+=|javascript:|\|safe\b|autoescape", text) is None
    assert re.findall(r"<script(?![^>]*\bsrc=)", text) == []
    assert re.findall(r"https?://", text) == []


@pytest.mark.parametrize("file", MODULES, ids=lambda file: str(file.relative_to(FOLDER)))
def test_pages_read_neither_a_store_nor_the_clock(file: Path) -> None:
    found = {
        name
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in ([node.module] if isinstance(node, ast.ImportFrom) else [one.name for one in node.names])
    }

    assert {
        name for name in found if name and name.split(".")[0] in {"sqlite3", "time", "asyncio", "aiokafka"}
    } == set()
    assert {n for n in found if n and n.startswith("streams.console.") and ".pages" not in n} <= {
        "streams.console.documents"
    }


@pytest.mark.parametrize(
    ("of", "words"),
    [
        ("signal", {signal.name for signal in SIGNALS}),
        ("action", {action.name for action in ACTIONS}),
        ("metric", {metric.name for metric in METRICS}),
        ("gate", {gate.name for gate in GATES}),
        ("period", set(KIND_OF)),
        ("dead-letter", set(REASONS)),
        ("remedy", set(REASONS)),
        ("state", set(ActionState.__args__)),  # type: ignore[attr-defined]
        ("trend", set(Trend.__args__)),  # type: ignore[attr-defined]
        ("limit", set(Limit.__args__)),  # type: ignore[attr-defined]
        ("input", set(WEIGHTS)),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_every_member_of_a_register_has_a_name_and_no_other_word_has(of: str, words: set[str]) -> None:
    assert REGISTER  # registers are complete once features are known
    assert set(NAMES[of]) == words
