"""Records drawn from the contracts themselves: each kind of value as it may be written, then damaged at any depth.

A record is a tree: an object is a list of names and nodes, so that a name may come twice; a leaf is JSON text, so that
a number stands as it was written.
"""

import json
from collections.abc import Iterator
from typing import Annotated, Any, Literal, get_args, get_origin

from annotated_types import Ge, Le
from hypothesis import strategies as st
from pydantic import AfterValidator, BaseModel
from pydantic.fields import FieldInfo

from schemas import checks
from schemas.families import FAMILIES
from schemas.family import type_of

TYPES = [(family, contract) for family in FAMILIES for contract in family.contracts]
Node = str | list["Node"] | dict[int, tuple[str, "Node"]]

NAMES = ["x", "ñandú 👍", "x" * 128, 'qu"ote', "back\\slash", "a@b.example", "line\nbreak", "\x7f", 42, -7, 10**30]
IDS = ["e-1", "x" * 128, "ñandú", "with a space", 'qu"ote', 42, -7, 0, 10**30]
POOLS: dict[Any, list[Any]] = {
    checks.printable: [*IDS, "a@b"],
    checks.pseudonymous: IDS,
    checks.exact: ["10", "0.10", 7, 0, 10**15, "007", "19.999999999", "999999999999999"],
    checks.exact_price: ["10", "0.00000000000001", 3, "999999999999999.99999999999999"],
    checks.exact_rate: ["1.0842", 7, "0.00000000000001", 10**15, "007.50"],
    checks.rise: ["10", 12.5, "0.10", 7, 0, 10**15, "250"],
    checks.percent: ["12.5", 12.5, 40.0, 0, 100, "100", "100.0", "99.999999999", 0.1, 12.1],
    checks.rating: ["4.5", 4.5, 2, 0, 100, "5", "100.0", 0.1],
    checks.sentiment: ["-0.62", -0.62, 1, -1, 0, "1.0", "-0", 0.5],
    checks.confidence: ["0.85", 0.7, 1, 0, "1", "0.0"],
    checks.month_or_day: ["2026-06", "2024-02-29", "1970-01-01", "9999-12"],
    checks.whole_day: ["2024-02-29", "1970-01-01", "9999-12-31"],
    checks.birthday: ["05-31", "02-29", "12-01"],
    checks.iso_4217: ["EUR", "eur", "jPy", "CLF"],
    checks.not_before_1970: [
        "2024-01-01T00:00:00Z",
        "2024-01-01T00:30:00.123456+01:00",
        "2024-02-29t23:59:59z",
        "2024-01-31T23:59:59.999Z",
        "2024-01-31T23:59:59.9999999Z",
        "2024-01-31 23:59:59.123456789-0330",
        "9999-12-31T23:59:59.99999999999999999Z",
        "1970-01-01T00:00:00Z",
    ],
}
HOSTILE = [
    *("null", "true", "0", "-1", "3.5", "1e2", "12.5e0", "1E-5", "-0", "1.0", "-0.0", "100.00000000001", "NaN", "01"),
    *("9" * 30, "9" * 5_000, "18446744073709551616", "1e999", "1e99999999999999999999", "0." + "1" * 400, "1e-4000000"),
    *('""', '"x"', '"abc"', '"-20"', '"1/3"', '"1e2"', '" 1"', '"1\\n"', '"10."', '".5"', '"1_0"', '"NaN"', '"+1"'),
    *('"١٢"', '"１"', '"\\u0031"', '"1' + "0" * 40 + '"', '"0.' + "1" * 20 + '"', '"100.5"', '"101"', '"12,5"'),
    *('"\\ud800"', '"\\udc00\\ud800"', '"a@b"', '"\\u0040"', '"a\\u0000"', '"\\u007f"', '"\x7f"', '"\\u200b"'),
    *('"\\u00a0"', '"ß"', '"ſgd"', '"XXQ"', '"EURO"', '"E\\u0055R"', '"' + "x" * 129 + '"', '"' + "ñ" * 128 + '"'),
    *("[]", "{}", "[[]]", "[null]", '{"a": 1}', '[{"price": "1"}]', "[" * 31 + "]" * 31, "[" * 40 + "]" * 40),
    *('"2024-01-01"', '"2024-01-01T00:00:00"', '"1969-12-31T23:59:59Z"', '"0001-01-01T00:00:00Z"', '"tomorrow"'),
    *('"2024-01-31T23:59:59\\u002e9999999Z"', '"2024-01-31T23:59:59.\\u0039\\u0039\\u00399999Z"', '"other"'),
    *('"2024-01-31T23:59:59.9999999Z"', '"1970-01-01T00:00:00.0000009Z"', '"2024-01-01T24:00:00Z"', '"Active"'),
]
ATTRIBUTES = ["country", "tier", "ñandú 👍", "x" * 128, "a@b", "line\nbreak", ""]
UNKNOWN = ["unknown", "", "ñ", "note"]


def _kinds_of(annotation: Any) -> list[Any]:
    return (
        [*get_args(annotation)[1:], *_kinds_of(get_args(annotation)[0])] if get_origin(annotation) is Annotated else []
    )


def nodes(annotation: Any) -> st.SearchStrategy[Node]:
    """Return the nodes of a kind: mostly valid ones."""
    asked = [m.func for m in _kinds_of(annotation) if isinstance(m, AfterValidator)]
    if asked:
        return st.sampled_from(POOLS[asked[0]]).map(_written)
    if get_origin(annotation) is Annotated:
        inner, kinds = get_args(annotation)[0], _kinds_of(annotation)
        if inner is int:
            bounds: list[Any] = [m.ge if isinstance(m, Ge) else m.le for m in kinds if isinstance(m, Ge | Le)]
            return st.sampled_from([*bounds, 1]).map(_written)
        return nodes(inner)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return objects(annotation)
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Literal:
        return st.sampled_from([*arguments, "a_new_word"]).map(_written)
    if origin is list:
        return st.lists(nodes(arguments[0]), max_size=3)
    if origin is dict:
        pairs = st.tuples(st.sampled_from(ATTRIBUTES), nodes(arguments[1]))
        return st.lists(pairs, max_size=4).map(lambda found: dict(enumerate(found)))
    if arguments:
        return st.one_of(*[nodes(argument) for argument in arguments])
    plain: dict[Any, list[Any]] = {str: NAMES, bool: [True, False], type(None): [None], int: [0, 1]}
    return st.sampled_from(plain[annotation]).map(_written)


def _written(value: Any) -> str:
    # As it is, where a serialiser may write either: escapes are what the fast decoder must not overlook.
    return json.dumps(value, ensure_ascii=len(str(value)) % 2 == 0)


@st.composite
def objects(draw: st.DrawFn, contract: type[BaseModel]) -> Node:
    """Draw an object of a contract, with or without each optional field."""
    found: dict[int, tuple[str, Node]] = {}
    for name, field in contract.model_fields.items():
        if name == "type":
            found[len(found)] = (name, _written(type_of(contract)))
        elif field.is_required() or draw(st.booleans()):
            found[len(found)] = (name, draw(nodes(annotation_of(field))))
    return found


def annotation_of(field: FieldInfo) -> Any:
    return Annotated[field.annotation, *field.metadata] if field.metadata else field.annotation


def places(node: Node) -> list[tuple[Any, Any]]:
    """Return every place of a tree below its root: its container, and its key there."""
    inner = list(enumerate(node)) if isinstance(node, list) else []
    inner = [(k, pair[1]) for k, pair in node.items()] if isinstance(node, dict) else inner
    return [(node, key) for key, _ in inner] + [place for _, one in inner for place in places(one)]


def usual(annotation: Any) -> Node:
    """Return the node of a kind as we would write it, with every field at every depth."""
    asked = [m.func for m in _kinds_of(annotation) if isinstance(m, AfterValidator)]
    if asked:
        return _written(POOLS[asked[0]][0])
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return {n: (name, usual_field(name, annotation)) for n, name in enumerate(annotation.model_fields)}
    arguments = get_args(annotation)
    if get_origin(annotation) is Literal:
        return _written(arguments[0])
    if get_origin(annotation) is list:
        return [usual(arguments[0])]
    if get_origin(annotation) is dict:
        return {0: (ATTRIBUTES[0], usual(arguments[1]))}
    if arguments:
        return usual(arguments[0])
    return {str: '"x"', bool: "true", int: "1", type(None): "null"}[annotation]


def usual_field(name: str, contract: type[BaseModel]) -> Node:
    return usual(annotation_of(contract.model_fields[name]))


def damaged_once(root: Node) -> Iterator[tuple[str, bytes]]:
    """Yield a tree with each hostile text in each place, replacing or joining what is there; and the hostile text."""
    for holder, key in places(root):
        whole = holder[key]
        for text in HOSTILE:
            holder[key] = text if isinstance(holder, list) else (whole[0], text)
            yield text, as_json(root).encode()
        holder[key] = whole
        if isinstance(holder, dict):
            # An unknown field beside one of them is beside them all.
            for name, texts in ((whole[0], HOSTILE[::5]), ("unknown", HOSTILE if key == 0 else [])):
                for text in texts:
                    holder[-1] = (name, text)
                    yield text, as_json(root).encode()
                holder.pop(-1, None)


def without_each(root: Node) -> Iterator[Node]:
    """Yield a tree without each of its fields."""
    for holder, key in places(root):
        if isinstance(holder, dict):
            kept = holder.pop(key)
            yield root
            holder[key] = kept


@st.composite
def records(
    draw: st.DrawFn, most: int = 3, hostile: tuple[str, ...] = tuple(HOSTILE)
) -> tuple[Any, type[BaseModel], bytes]:
    """Draw a record of any contract, damaged in a few places; return its family, its contract, its bytes."""
    family, contract = draw(st.sampled_from(TYPES))
    root = draw(objects(contract))
    for _ in range(draw(st.integers(0, most))):
        _damage(draw, root, hostile)
    return family, contract, as_json(root).encode()


def _damage(draw: st.DrawFn, root: Node, hostile: tuple[str, ...]) -> None:
    holder, key = draw(st.sampled_from(places(root) or [(root, 0)]))
    how, text = draw(st.sampled_from(["instead", "gone", "twice", "unknown"])), draw(st.sampled_from(hostile))
    if isinstance(holder, list):
        if how == "gone":
            del holder[key]
        else:
            holder[key] = text
        return
    name = holder[key][0] if key in holder else "x"
    if how == "gone":
        holder.pop(key, None)
    elif how == "instead":
        holder[key] = (name, text)
    else:
        name = name if how == "twice" else draw(st.sampled_from(UNKNOWN))
        holder[max(holder, default=0) + 1] = (name, text)


def as_json(node: Node) -> str:
    """Return a tree as JSON."""
    if isinstance(node, str):
        return node
    if isinstance(node, list):
        return "[" + ",".join(map(as_json, node)) + "]"
    return "{" + ",".join(f"{json.dumps(name)}: {as_json(one)}" for name, one in node.values()) + "}"
