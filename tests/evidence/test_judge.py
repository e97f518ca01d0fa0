"""The judge: a right formula passes and leaves a whole record; whatever is wrong with one is found and said."""

import json
from dataclasses import replace
from importlib.resources import files

import fastjsonschema
import pytest

from gradatlas.evidence import store
from gradatlas.evidence.digests import statement_digest
from gradatlas.evidence.judge import Judge, Rejected
from gradatlas.formulas.sources import BIBLIOGRAPHY
from gradatlas.formulas.statement import Claim, cite
from gradatlas.ops import all_operations
from gradatlas.symbolic import checker
from gradatlas.symbolic.errors import ProofError
from gradatlas.symbolic.language import reals, size
from gradatlas.symbolic.propositions import eq, lt

IDS = ("softmax.vjp", "order.product", "sums")
SCHEMA = json.loads((files("gradatlas.evidence") / "schema.json").read_text())
validate = fastjsonschema.compile(SCHEMA)
alpha, beta = reals("alpha beta")


@pytest.fixture(scope="module")
def records(make_small, tmp_path_factory):
    small = make_small(tmp_path_factory.mktemp("records"))
    return {id: small.judge().examine(id) for id in IDS}


def changed(small, id, **parts):
    """The formulas with one changed."""
    return {**small.formulas, id: replace(small.formulas[id], **parts)}


def faults(judge, id):
    with pytest.raises(Rejected) as raised:
        judge.examine(id)
    assert str(raised.value).startswith(f"{id} is not accepted:\n  - ")
    return "\n".join(raised.value.faults)


class TestRecord:
    def test_fits_the_schema(self, records):
        for record in records.values():
            validate(json.loads(json.dumps(record, allow_nan=False)))

    def test_the_schema_refuses_what_does_not_fit(self, records):
        record = json.loads(json.dumps(records["softmax.vjp"]))
        for key, value in (("status", "looks right"), ("digest", "abc"), ("oracle", [{"digits": 3}]), ("more", 1)):
            with pytest.raises(fastjsonschema.JsonSchemaException):
                validate({**record, key: value})

    def test_derivation(self, records):
        (claim,) = records["softmax.vjp"]["claims"]
        assert [step["rule"] for step in claim["steps"]][:3] == ["start", "differentiate", "rearrange"]
        assert [step["n"] for step in claim["steps"]] == list(range(1, len(claim["steps"]) + 1))
        assert records["softmax.vjp"]["status"] == "proven, any size"
        assert {"exp.derivative", "exp.positive"} <= {a["id"] for a in records["softmax.vjp"]["axioms"]}
        assert all(a["title"] for a in records["softmax.vjp"]["axioms"])

    def test_numbers(self, records):
        record = records["softmax.vjp"]
        assert {0, 1, 5} <= {s["sizes"]["n"] for s in record["oracle"]}
        assert all(s["digits"] >= 50 for s in record["oracle"])
        assert record["steps_checked"]["compared"] == 3
        assert record["definition"]["compared"]
        assert {c["mode"] for c in record["engine"]} == {"vjp", "jvp"}
        assert record["adjoint_identity"]
        assert record["second_order"]

    def test_mutants_are_refused_twice(self, records):
        mutants = records["softmax.vjp"]["mutants"]
        assert mutants["made"] == mutants["refused_by_checker"] == mutants["refuted_by_oracle"] == len(mutants["items"])
        assert mutants["made"] >= 12
        assert len({m["kind"] for m in mutants["items"]}) >= 6
        assert all("residual" in m["checker"] and "left" in m["oracle"] for m in mutants["items"])

    def test_dropped_hypotheses_are_among_them(self, records):
        items = records["order.product"]["mutants"]["items"]
        dropped = {m["description"]: m for m in items if m["kind"] == "hypothesis"}
        assert set(dropped) == {"without the hypothesis 0 < alpha", "without the hypothesis 1 < beta"}
        assert all("needs hypotheses" in m["checker"] and "left" in m["oracle"] for m in dropped.values())

    def test_inequalities_have_margins(self, records):
        assert all(s["margin"] >= 0 and s["digits"] == 50 for s in records["order.product"]["oracle"])

    def test_equivalent_changes_are_not_counted(self, records):
        assert records["order.product"]["mutants"]["equivalent"] > 0

    def test_time_is_accounted_for(self, records):
        record = records["softmax.vjp"]
        rounding = 0.001 * (len(record["timing"]) + 1)
        assert 0 < sum(record["timing"].values()) <= record["seconds"] + rounding


class TestRejection:
    def test_a_false_statement(self, small):
        formula = small.formulas["softmax.vjp"]
        (claim,) = formula.claims
        wrong = (replace(claim, conclusion=eq(claim.conclusion.left, 2 * claim.conclusion.right)),)
        judge = Judge(changed(small, "softmax.vjp", claims=wrong), small.scripts, small.folder)
        assert "the checker refuses the proof: residual" in faults(judge, "softmax.vjp")

    def test_a_proof_that_does_not_arrive(self, small):
        assert "the checker refuses the proof" in faults(
            small.judge(**{"order.product": lambda proof: None}), "order.product"
        )

    def test_a_proof_of_something_else(self, small):
        def other(proof):
            proof.reached(checker.assume(lt(0, alpha)))

        assert "the checker refuses the proof" in faults(small.judge(**{"order.product": other}), "order.product")

    def test_a_theorem_that_needs_more_than_is_stated(self, small):
        formula = small.formulas["order.product"]
        (claim,) = formula.claims
        less = (replace(claim, hypotheses=claim.hypotheses[:1]),)

        def script(proof):
            large = checker.assume(lt(1, beta))
            proof.reached(checker.certificate(proof.goal, (alpha * (beta - 1),), (*proof.given, large)))

        judge = Judge(changed(small, "order.product", claims=less), {"order.product": script}, small.folder)
        assert "needs hypotheses that the claim does not state" in faults(judge, "order.product")

    def test_a_derivation_that_cannot_be_run_again(self, small, monkeypatch):
        def refuse(theorem):
            raise ProofError("replaying gave another theorem")

        monkeypatch.setattr("gradatlas.evidence.judge.replay", refuse)
        assert faults(small.judge(), "sums") == "the checker refuses the proof: replaying gave another theorem"

    def test_a_step_that_is_wrong_in_numbers(self, small):
        """A line of the derivation that no theorem stands behind is found by the oracle."""

        def script(proof):
            small.scripts["softmax.vjp"](proof)
            proof._note("rearrange", "by wishful thinking", 2 * proof.current, chained=True)

        assert "a step differs in numbers: statement, step 4" in faults(
            small.judge(**{"softmax.vjp": script}), "softmax.vjp"
        )

    def test_a_hypothesis_that_is_not_needed(self, small):
        (claim,) = small.formulas["order.product"].claims
        more = (replace(claim, hypotheses=(*claim.hypotheses, lt(0, beta))),)

        def script(proof):
            positive, large, _ = proof.given
            proof.reached(checker.certificate(proof.goal, (alpha * (beta - 1),), (positive, large)))

        judge = Judge(changed(small, "order.product", claims=more), {"order.product": script}, small.folder)
        assert faults(judge, "order.product") == "the proof does not need the hypothesis 0 < beta: take it out"

    def test_a_proof_that_breaks_on_mutants(self, small):
        def rigid(proof):
            proof.known(proof.nonempty(size("n")))
            if repr(proof.right).startswith("-"):
                raise ValueError("not the statement that I know")
            proof.differentiate()

        found = faults(small.judge(**{"softmax.vjp": rigid}), "softmax.vjp")
        assert "the proof breaks on a mutant (the sign turned) instead of failing: crash: ValueError" in found

    def test_a_checker_that_accepts_a_mutant(self, small, monkeypatch):
        judge = small.judge()
        judge.proven("sums")
        monkeypatch.setattr(judge, "run", lambda id, claims: judge.proven(id))
        assert "THE CHECKER ACCEPTS A FALSE MUTANT" in faults(judge, "sums")

    def test_an_oracle_that_lets_a_mutant_pass(self, small, monkeypatch):
        monkeypatch.setattr("gradatlas.evidence.oracle.Oracle.refute", lambda self, claim: None)
        assert "the oracle does not refute a mutant" in faults(small.judge(), "sums")

    def test_a_statement_that_nothing_can_be_told_from(self, small, monkeypatch):
        monkeypatch.setattr("gradatlas.evidence.judge.of_formula", lambda formula: iter(()))
        assert "no mutant differs from the statement" in faults(small.judge(), "sums")

    def test_an_engine_that_disagrees(self, small, monkeypatch):
        record = all_operations()["softmax"]
        original = record.pull
        monkeypatch.setattr(record, "pull", lambda g, which, saved: [2 * r for r in original(g, which, saved)])
        found = faults(small.judge(), "softmax.vjp")
        assert "the engine disagrees: softmax.vjp, vjp of softmax, numpy float64, n=2" in found

    def test_a_claim_that_no_sample_reaches(self, small):
        formula = small.formulas["sums"]
        never = (replace(formula.claims[1], hypotheses=(lt(size("n"), 1),)),)
        judge = Judge(changed(small, "sums", claims=never), {"sums": lambda proof: proof.contract()}, small.folder)
        assert "vacuous at every sample" in faults(judge, "sums")

    def test_no_samples_at_all(self, small):
        never = (Claim("statement", (lt(alpha, 0), lt(0, alpha)), lt(0, alpha)),)
        formulas = changed(small, "order.product", claims=never)
        judge = Judge(formulas, {"order.product": lambda proof: proof.reached(proof.given[1])}, small.folder)
        assert "no samples" in faults(judge, "order.product")


class TestLemmas:
    def test_a_lemma_is_proven_once_and_noted(self, small):
        runs = []

        def sums(proof):
            runs.append(1)
            small.scripts["sums"](proof)

        def order(proof):
            proof.lemma("sums", "picked")
            small.scripts["order.product"](proof)

        judge = small.judge(**{"sums": sums, "order.product": order})
        record = judge.examine("order.product")
        assert record["lemmas"] == ["sums"]
        assert len(runs) == 1
        assert [s["lemma"] for s in record["claims"][0]["steps"]] == ["sums", None]

    def test_a_circle_is_refused(self, small):
        scripts = {
            "sums": lambda proof: proof.lemma("order.product"),
            "order.product": lambda proof: proof.lemma("sums", "picked"),
        }
        with pytest.raises(ProofError, match=r"a proof rests on itself: sums -> order\.product -> sums"):
            small.judge(**scripts).proven("sums")

    @pytest.mark.parametrize(
        ("name", "claim", "message"),
        [
            ("nowhere", None, "there is no formula 'nowhere' to cite"),
            ("sums", None, "has no claim None: it has scaled, picked"),
            ("sums", "third", "has no claim 'third'"),
        ],
    )
    def test_what_is_not_there_cannot_be_cited(self, small, name, claim, message):
        judge = small.judge(**{"order.product": lambda proof: proof.lemma(name, claim)})
        with pytest.raises(ProofError, match=message):
            judge.proven("order.product")

    def test_a_failed_lemma_fails_what_cites_it(self, small):
        judge = small.judge(
            **{"sums": lambda proof: None, "order.product": lambda proof: proof.lemma("sums", "picked")}
        )
        assert "the checker refuses the proof" in faults(judge, "order.product")


class TestCurrency:
    def record(self, small, id="softmax.vjp", **scripts):
        judge = small.judge(**scripts)
        record = judge.examine(id)
        return judge, {id: record}

    def is_current(self, judge, records, id="softmax.vjp"):
        return judge.__class__(judge.formulas, judge.scripts, judge.currency.proofs).currency.is_current(
            id, records.get, store.versions()
        )

    def test_nothing_changed(self, small):
        assert self.is_current(*self.record(small))

    def test_there_is_none(self, small):
        assert not self.is_current(small.judge(), {})

    @pytest.mark.parametrize(
        "parts",
        [{"title": "Another"}, {"summary": "More words."}, {"aliases": ("x",)}, {"notes": {"x": "?"}}, {"source": ()}],
        ids=lambda p: next(iter(p)),
    )
    def test_the_statement_changed(self, small, parts):
        judge, records = self.record(small)
        judge.formulas = changed(small, "softmax.vjp", **parts)
        assert not self.is_current(judge, records)

    def test_a_hypothesis_changed(self, small):
        judge, records = self.record(small)
        (claim,) = small.formulas["softmax.vjp"].claims
        judge.formulas = changed(small, "softmax.vjp", claims=(replace(claim, hypotheses=(lt(0, size("n")),)),))
        assert not self.is_current(judge, records)

    @pytest.mark.parametrize(
        ("old", "new", "current"),
        [
            ("def prove_softmax_vjp(proof): help()", "def prove_softmax_vjp(proof): help(); help()", False),
            ("def help(): pass", "def help(): return 1", False),
            ("def prove_order_product(proof): pass", "def prove_order_product(proof): return 1", True),
            ("def help(): pass", "def help(): pass  # a remark", True),
        ],
    )
    def test_the_proof_changed(self, small, old, new, current):
        judge, records = self.record(small)
        file = small.folder / "activations.py"
        text = file.read_text()
        assert old in text
        file.write_text(text.replace(old, new))
        assert self.is_current(judge, records) is current

    @pytest.mark.parametrize("change", ["chapter", "chapter it imports", "proofs it imports", "another chapter"])
    def test_what_is_imported_changed(self, small, monkeypatch, tmp_path, change):
        """Proofs and samplers use what chapters define, whether or not it stands in the statement."""
        chapters = tmp_path / "formulas"
        chapters.mkdir()
        (chapters / "activations.py").write_text("from gradatlas.formulas.reductions import half\n")
        for name in ("reductions", "losses"):
            (chapters / f"{name}.py").write_text("half = 0.5\n")
        (small.folder / "losses.py").write_text("def tactic(): pass\n")
        proofs = small.folder / "activations.py"
        proofs.write_text("from proofs.losses import tactic\n" + proofs.read_text())
        monkeypatch.setattr("gradatlas.evidence.digests.CHAPTERS_FOLDER", chapters)
        judge, records = self.record(small)
        assert self.is_current(judge, records)
        changed = {
            "chapter": chapters / "activations.py",
            "chapter it imports": chapters / "reductions.py",
            "proofs it imports": small.folder / "losses.py",
            "another chapter": chapters / "losses.py",
        }[change]
        changed.write_text(changed.read_text() + "more = 1\n")
        assert self.is_current(judge, records) is (change == "another chapter")

    def test_a_cited_work_changed(self, small, monkeypatch):
        formulas = changed(small, "sums", source=(cite("bridle1990"),))
        before = statement_digest(formulas["sums"])
        other = replace(BIBLIOGRAPHY["bridle1990"], text="another text")
        monkeypatch.setitem(BIBLIOGRAPHY, "bridle1990", other)
        assert statement_digest(formulas["sums"]) != before

    def test_a_lemma_changed(self, small):
        def order(proof):
            proof.lemma("sums", "picked")
            small.scripts["order.product"](proof)

        judge, records = self.record(small, "order.product", **{"order.product": order})
        records["sums"] = judge.examine("sums")
        assert self.is_current(judge, records, "order.product")
        file = small.folder / "activations.py"
        file.write_text(file.read_text().replace("def prove_sums(proof): pass", "def prove_sums(proof): return 1"))
        assert not self.is_current(judge, records, "order.product")

    def test_the_code_or_a_version_changed(self, small, monkeypatch):
        judge, records = self.record(small)
        versions = {**store.versions(), "numpy": "1.0"}
        assert not judge.currency.is_current("softmax.vjp", records.get, versions)
        assert judge.currency.is_current("softmax.vjp", records.get, {**store.versions(), "commit": "elsewhere"})
        monkeypatch.setattr("gradatlas.evidence.digests.code_digest", lambda *folders: "changed")
        assert not self.is_current(judge, records)
