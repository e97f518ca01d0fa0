"""The page's script reads, names and ranks as the package does: the same expressions, shapes, hits and refusals."""

import importlib.util
import json
import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gradatlas.formulas import registry, shapes
from gradatlas.formulas.shapes.index import build, packed, pieces, shapes_of
from gradatlas.formulas.shapes.labelling import shape
from gradatlas.formulas.shapes.normal import normal
from gradatlas.formulas.shapes.reading import ReadingError, read
from gradatlas.formulas.shapes.tables import tables

HERE = Path(__file__).parent
SCRIPT = HERE.parents[1] / "docs" / "_static" / "shapes.js"


def _module(name):
    spec = importlib.util.spec_from_file_location(f"shapes_{name}", HERE / f"{name}.py")
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    return made


expressions, queries, reading = _module("expressions"), _module("queries"), _module("test_reading")


@pytest.fixture(scope="module")
def index():
    return shapes.whole_index()


@pytest.fixture(scope="module")
def ask(index, tmp_path_factory):
    """Sends a question to the page's script in Node and gives its answer."""
    node = pytest.importorskip(
        "gradatlas.sphinx_ext.katex", reason="the site's packages are not installed"
    ).node_program()
    data = tmp_path_factory.mktemp("shapes") / "data.json"
    data.write_text(json.dumps({"tables": tables(), "index": packed(index)}), encoding="utf-8")
    with subprocess.Popen(
        [node, str(HERE / "alike.cjs"), str(SCRIPT), str(data)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    ) as process:

        def answer(what, text):
            process.stdin.write(json.dumps([what, text]) + "\n")
            process.stdin.flush()
            return json.loads(process.stdout.readline())

        yield answer
        process.stdin.close()


def of_python(text):
    try:
        made = read(text)
        whole = normal(made)
        return {
            "read": json.loads(json.dumps(made)),
            "shape": shape(whole),
            "shapes": sorted([key, cost] for cost, key in shapes_of(whole)),
            "pieces": sorted(shape(p) for p in pieces(whole)),
        }
    except ReadingError as error:
        return {"refused": error.code}


def compared(ask, text):
    answer = ask("read", text)
    assert answer.pop("seconds") < 1
    values = answer.pop("values", None)
    for name in ("shapes", "pieces"):
        if name in answer:
            answer[name] = sorted(answer[name])
    expected = of_python(text)
    assert answer == expected
    if values is not None:
        with pytest.raises(ReadingError) as refused:
            normal(read(text))
        assert all(str(value) in str(refused.value) for value in values.values())


@pytest.mark.parametrize("name", queries.QUERIES)
def test_the_same_formulas_in_the_same_order(name, ask, index):
    text, _ = queries.QUERIES[name]
    compared(ask, text)
    assert ask("find", text)["hits"] == [[hit.id, hit.cost, hit.how, hit.claim] for hit in index.find(text)]


@pytest.mark.parametrize("text", reading.HOSTILE.values(), ids=reading.HOSTILE)
def test_the_same_refusals(text, ask):
    compared(ask, text)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(expressions.texts())
def test_the_same_of_expressions(ask, text):
    compared(ask, text)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.one_of(st.text(max_size=60), st.lists(reading.ALPHABET, max_size=40).map("".join)))
def test_the_same_of_any_text(ask, text):
    compared(ask, text)


def test_the_packed_index_says_what_the_index_says():
    one = build([registry.get(id) for id in ("softmax.forward", "sigmoid.derivative")])
    data = packed(one)
    key, found, places = 0, {}, data["places"].split(",")
    for step, place in zip(data["keys"].split(","), places, strict=True):
        key += int(step, 36)
        items = ([*item[1:].split("."), item[0]] for item in data["lists"][int(place, 36)].split(" "))
        found[key] = [(int(p, 36), int(cost, 36), int(claim, 36) - 1) for p, claim, cost in items]
    assert found == one.keys
