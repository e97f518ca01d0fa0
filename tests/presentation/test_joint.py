"""Samples that claims share: the same object where hypotheses and sizes are the same, and each satisfies its hypotheses."""

from __future__ import annotations

import pytest

from gradatlas.evidence.sampling import Sampler, SamplingError, satisfied
from gradatlas.formulas.registry import all_formulas, get
from gradatlas.presentation.joint import JointSamples, _is_limit
from gradatlas.symbolic.samples import NoSampleError


def test_claims_with_the_same_hypotheses_share_a_sample_that_has_a_value_for_each_letter() -> None:
    formula = get("eig.derivative")
    joint = JointSamples(formula)
    found = {claim.name: joint.sample(claim, {"n": 2}, 0) for claim in formula.claims}
    assert len(set(map(id, found.values()))) == 1
    names = {getattr(key, "name", key) for key in found["cotangent of the vectors"].assignment.values}
    assert {"A", "dA", "G", "gamma", "w", "V"} <= names


def test_claims_of_other_hypotheses_or_sizes_do_not_share() -> None:
    apart = 0
    for formula in all_formulas().values():
        joint = JointSamples(formula)
        for one in formula.claims:
            for other in joint._alike[one.name]:
                assert one.hypotheses == other.hypotheses
                assert joint.sampler(one).whole() == joint.sampler(other).whole()
        apart += len({id(group) for group in joint._alike.values()}) > 1
    assert apart > 50


@pytest.mark.parametrize("id", ["matmul.vjp", "entropy.logits", "qr.derivative", "lstm.vjp", "adam.scale", "gan.value"])
def test_every_sample_satisfies_the_hypotheses_of_its_claim(id: str) -> None:
    formula = get(id)
    joint = JointSamples(formula)
    judged = 0
    for claim in formula.claims:
        for seed, sizes in enumerate(joint.sampler(claim).sizes()):
            for limits in (False, True):
                try:
                    sample = joint.sample(claim, sizes, seed, limits=limits)
                except SamplingError:
                    continue
                asked = [h for h in claim.hypotheses if limits or not _is_limit(h)]
                assert all(satisfied(h, sample.assignment) for h in asked)
                judged += 1
    assert judged


def test_a_sample_whose_limits_were_not_judged_is_another() -> None:
    formula = get("integrated-gradients.pieces")
    joint = JointSamples(formula)
    claim = next(c for c in formula.claims if any(map(_is_limit, c.hypotheses)))
    sizes = next(iter(joint.sampler(claim).sizes()))
    assert joint.sample(claim, sizes, 0, limits=False) is not joint.sample(claim, sizes, 0)


def test_a_sample_is_drawn_once_and_so_is_that_there_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = []
    draw = Sampler.sample

    def counted(self: Sampler, *args: object, **more: object) -> object:
        drawn.append(args)
        return draw(self, *args, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(Sampler, "sample", counted)
    formula = get("entropy.logits")
    joint = JointSamples(formula)
    claim = next(c for c in formula.claims if c.name == "cross-entropy")
    for _ in range(2):
        joint.sample(claim, {"n": 3}, 1)
        with pytest.raises(SamplingError):
            joint.sample(claim, {"n": 0}, 0)  # probabilities of nothing do not sum to 1
    assert len(drawn) == 2


def test_a_claim_is_asked_alone_where_what_others_speak_of_cannot_be_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    formula = get("eig.derivative")
    joint = JointSamples(formula)
    draw = Sampler.sample

    def alone(self: Sampler, *args: object, **more: object) -> object:
        if len(self.claims) > 1:
            raise SamplingError("together") from NoSampleError("a letter of another claim")
        return draw(self, *args, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(Sampler, "sample", alone)
    one, other = formula.claims[:2]
    assert joint.sample(one, {"n": 2}, 0) is not joint.sample(other, {"n": 2}, 0)
