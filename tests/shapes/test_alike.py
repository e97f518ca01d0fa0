"""The page's script reads, names and ranks as the package does: the same expressions, shapes, hits and refusals."""

import importlib.util
import json
import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gradatlas.evidence.printing import text_of
from gradatlas.formulas import registry, shapes
from gradatlas.formulas.shapes.index import build, packed, pieces, shapes_of
from gradatlas.formulas.shapes.labelling import shape
from gradatlas.formulas.shapes.normal import normal
from gradatlas.formulas.shapes.reading import ReadingError, read
from gradatlas.formulas.shapes.tables import tables

pytest.importorskip("sphinx")
from gradatlas.presentation.exercises import exercises, script_data
from gradatlas.sphinx_ext.finding import SCRIPTS, TABLES

HERE = Path(__file__).parent
STATIC = HERE.parents[1] / "docs" / "_static"


def _module(name):
    spec = importlib.util.spec_from_file_location(f"shapes_{name}", HERE / f"{name}.py")
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    return made


expressions, queries, reading, checks = map(_module, ("expressions", "queries", "test_reading", "test_check"))


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
        [node, HERE / "alike.cjs", STATIC, data, *(name for name in SCRIPTS if name != TABLES)],
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


@pytest.mark.parametrize(("id", "claim", "answer", "kind"), checks.ANSWERS)
def test_the_same_verdicts(id, claim, answer, kind, ask):
    asked = checks.exercise(id, claim)
    verdict, here = ask("judge", [answer, json.loads(json.dumps(script_data(asked)))]), asked.judge(answer)
    assert (
        verdict["kind"] == {"right": "right", "other form": "other", "wrong": "wrong", "not judged": "unjudged"}[kind]
    )
    if kind == "wrong":
        assert verdict["answer"] == pytest.approx(float(here.answer), rel=1e-9, abs=1e-12)
        assert verdict["expected"] == pytest.approx(float(here.expected), rel=1e-9, abs=1e-12)
        assert list(verdict["at"]) == list(here.at)


@pytest.mark.parametrize("id", list(registry.all_formulas())[::17])
def test_what_a_formula_states_is_right_on_the_page_too(id, ask):
    """Its right side, typed as it is printed, is right by its form; a number added to it is wrong."""
    for one in exercises(registry.get(id))[:1]:
        typed = text_of(one.right)
        data = json.loads(json.dumps(script_data(one)))
        try:
            here = one.judge(typed).kind
            more = one.judge(f"({typed}) + 1").kind
        except ReadingError:
            continue  # printed in a way that cannot be typed
        names = {"right": "right", "other form": "other", "wrong": "wrong", "not judged": "unjudged"}
        assert here != "wrong"
        assert more in ("wrong", "not judged")
        assert ask("judge", [typed, data])["kind"] == names[here]
        page = ask("judge", [f"({typed}) + 1", data])
        # A few special functions are computed in the terminal alone, and the page says so.
        assert page["kind"] == names[more] or page.get("code") == "function"


def test_the_packed_index_says_what_the_index_says():
    one = build([registry.get(id) for id in ("softmax.forward", "sigmoid.derivative")])
    data = packed(one)
    key, found, places = 0, {}, data["places"].split(",")
    for step, place in zip(data["keys"].split(","), places, strict=True):
        key += int(step, 36)
        items = ([*item[1:].split("."), item[0]] for item in data["lists"][int(place, 36)].split(" "))
        found[key] = [(int(p, 36), int(cost, 36), int(claim, 36) - 1) for p, claim, cost in items]
    assert found == one.keys
