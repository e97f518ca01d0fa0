"""The adversarial network: its losses, its steps, what counts as covered, and training that can be stopped and goes on."""

import dataclasses
import math

import numpy as np
import pytest

from gradatlas import grad, nn, optim, programs
from gradatlas.engine.trees import flatten
from gradatlas.errors import ArgumentError, TrainingError
from gradatlas.programs import adversarial
from gradatlas.programs.adversarial import DISCRIMINATOR, GAN, GENERATOR, NOISE
from gradatlas.programs.datasets.mixture import MODES, RADIUS, SPREAD, centres, covered, mixture
from gradatlas.programs.measured import measured
from gradatlas.programs.program import Job

RNG = np.random.default_rng(0)


@pytest.fixture(scope="module")
def begun():
    """Parameters of both networks in float64."""
    return GAN.init(0, mixture(0, 64, 8), "float64")


@pytest.fixture
def short(monkeypatch):
    """Epochs of five steps."""
    monkeypatch.setattr(adversarial, "STEPS", 5)


class TestMixture:
    def test_the_modes_lie_on_a_circle_and_take_turns(self):
        data = mixture(0)
        np.testing.assert_allclose(np.hypot(*centres().T), RADIUS)
        assert data.x.dtype == np.float32
        assert data.x.shape == (10_000, 2)
        assert np.bincount(data.y, minlength=MODES).min() > 1_100
        spread = (data.x - centres()[data.y]).std(axis=0)
        np.testing.assert_allclose(spread, SPREAD, rtol=0.05)
        assert not np.array_equal(mixture(1).x, data.x)

    def test_its_own_samples_cover_it_as_three_deviations_do(self):
        near, modes = covered(mixture(0).x)
        assert modes == 8
        assert near == pytest.approx(1 - math.exp(-4.5), abs=0.005)  # of a normal distribution in the plane

    def test_what_is_missing_is_not_covered(self):
        data = mixture(0)
        near, modes = covered(data.x[data.y < 5])
        assert modes == 5
        assert near > 0.98
        assert covered(np.zeros((100, 2))) == (0.0, 0)
        assert covered(np.repeat(centres(), [1, 1, 1, 1, 1, 1, 1, 93], axis=0)) == (1.0, 1)


class TestLosses:
    def test_they_are_the_logarithms_of_verdicts(self, begun):
        d, g = begun["discriminator"], begun["generator"]
        x, z = RNG.normal(size=(6, 2)), RNG.normal(size=(6, NOISE))

        def verdict(x):
            return 1 / (1 + np.exp(-np.asarray(DISCRIMINATOR(d, x))))

        real, made = verdict(x), verdict(np.asarray(GENERATOR(g, z)))
        of_d = adversarial.discriminator_loss(d, g, x, z)
        assert float(of_d) == pytest.approx(-(np.log(real).mean() + np.log(1 - made).mean()), rel=1e-13)
        assert float(adversarial.generator_loss(g, d, z)) == pytest.approx(-np.log(made).mean(), rel=1e-13)
        assert float(adversarial.saturating_loss(g, d, z)) == pytest.approx(np.log(1 - made).mean(), rel=1e-13)

    def test_where_the_discriminator_is_sure_only_one_of_the_generators_losses_has_a_gradient(self, begun):
        g, z = begun["generator"], RNG.normal(size=(6, NOISE))
        sure = [dict(layer) for layer in begun["discriminator"]]
        sure[2]["b"] = np.array([-40.0])
        sizes = [
            max(float(np.abs(leaf).max()) for leaf in flatten(grad(loss)(g, tuple(sure), z))[0])
            for loss in (adversarial.generator_loss, adversarial.saturating_loss)
        ]
        assert sizes[0] > 1e-3
        assert sizes[1] < 1e-15

    def test_the_generator_is_held_while_the_discriminator_learns(self, begun):
        x, z = RNG.normal(size=(6, 2)), RNG.normal(size=(6, NOISE))
        slopes = grad(
            lambda g: adversarial.discriminator_loss(begun["discriminator"], g, x, z), allow_independent=True
        )(begun["generator"])
        assert not any(np.any(leaf) for leaf in flatten(slopes)[0])

    def test_at_odds_of_one_half_the_loss_is_log_4(self, begun):
        """What the losses come to where the generator has learned: the value of the game, with its sign turned."""
        blind = tuple({name: leaf * 0 for name, leaf in layer.items()} for layer in begun["discriminator"])
        x, z = RNG.normal(size=(6, 2)), RNG.normal(size=(6, NOISE))
        assert float(adversarial.discriminator_loss(blind, begun["generator"], x, z)) == pytest.approx(math.log(4))
        assert float(adversarial.generator_loss(begun["generator"], blind, z)) == pytest.approx(math.log(2))
        last = measured("P8-gan")["history"]
        assert last["discriminator_loss"][-1] == pytest.approx(math.log(4), abs=0.1)
        assert last["generator_loss"][-1] == pytest.approx(math.log(2), abs=0.15)


class TestSteps:
    def test_a_step_is_one_of_each_in_turn(self, begun):
        """With plain gradient descent, by hand: the generator's step is taken against the discriminator that has moved."""
        sgd = optim.SGD(0.1)
        states = {name: sgd.init(part) for name, part in begun.items()}
        x, first, second = (RNG.normal(size=(6, n)) for n in (2, NOISE, NOISE))
        after, _, losses = adversarial.adversarial_step(begun, states, x, (first, second), sgd)
        d, g = begun["discriminator"], begun["generator"]

        def moved(part, slopes):
            return tuple(
                {name: leaf - 0.1 * slope[name] for name, leaf in layer.items()}
                for layer, slope in zip(part, slopes, strict=True)
            )

        d1 = moved(d, grad(adversarial.discriminator_loss)(d, g, x, first))
        g1 = moved(g, grad(adversarial.generator_loss)(g, d1, second))
        for a, b in zip(flatten(after)[0], flatten({"generator": g1, "discriminator": d1})[0], strict=True):
            np.testing.assert_allclose(a, b, rtol=0, atol=1e-15)
        assert losses == (
            pytest.approx(float(adversarial.discriminator_loss(d, g, x, first)), rel=1e-14),
            pytest.approx(float(adversarial.generator_loss(g, d1, second)), rel=1e-14),
        )

    def test_both_losses_are_torchs_one_by_one(self):
        """Beside their sum, which the comparison of all programs holds."""
        torch = pytest.importorskip("torch", reason="PyTorch is not installed: make peers")
        steps = adversarial._first_steps(GAN, 20, 0)
        params, adam = steps.params, GAN.optimizer
        states = {name: adam.init(part) for name, part in params.items()}
        ours = []
        for x, z in steps.batches:
            params, states, losses = adversarial.adversarial_step(params, states, x, z, adam)
            ours.append(losses)

        def network(part):
            layers = []
            for k, layer in enumerate(part):
                dense = torch.nn.Linear(*layer["w"].shape, dtype=torch.float64)
                with torch.no_grad():
                    dense.weight.copy_(torch.tensor(layer["w"].T))
                    dense.bias.copy_(torch.tensor(layer["b"]))
                layers += [dense, torch.nn.ReLU()] if k < 2 else [dense]
            made = torch.nn.Sequential(*layers)
            return made, torch.optim.Adam(made.parameters(), lr=0.001, betas=(0.5, 0.999), eps=1e-7)

        (d, of_d), (g, of_g) = network(steps.params["discriminator"]), network(steps.params["generator"])
        judge = torch.nn.BCEWithLogitsLoss()
        for (x, z), mine in zip(steps.batches, ours, strict=True):
            x, first, second = (torch.tensor(each) for each in (x, *z))
            ones = torch.ones(len(x), 1, dtype=torch.float64)
            a = judge(d(x), ones) + judge(d(g(first).detach()), 0 * ones)
            of_d.zero_grad()
            a.backward()
            of_d.step()
            b = judge(d(g(second)), ones)
            of_g.zero_grad()
            b.backward()
            of_g.step()
            assert mine == (pytest.approx(a.item(), rel=1e-9, abs=0), pytest.approx(b.item(), rel=1e-9, abs=0))


class TestTraining:
    def test_a_training_that_was_stopped_goes_on_to_the_same_bits(self, short, tmp_path):
        data, file = mixture(0, 256, 64), tmp_path / "training.safetensors"
        whole = programs.run(GAN, 0, data, epochs=3, progress=False)
        programs.run(GAN, 0, data, epochs=2, progress=False, checkpoint=file)
        resumed = programs.run(GAN, 0, data, epochs=3, progress=False, checkpoint=file, resume=True)
        assert whole.history == resumed.history
        assert whole.epochs == resumed.epochs == 3
        for a, b in zip(flatten(whole.params)[0], flatten(resumed.params)[0], strict=True):
            assert a.tobytes() == b.tobytes()
        done = programs.run(GAN, 0, data, epochs=1, progress=False, checkpoint=file, resume=True)
        assert done.epochs == 3

    def test_every_step_and_every_epoch_draws_anew(self, short):
        data = mixture(0, 256, 64)
        job = Job(program=GAN, data=data, params=None, key=np.random.SeedSequence(1), epochs=2)
        drawn = [(x, *z) for epoch in (0, 1) for x, z in adversarial._drawn(job, epoch)]
        assert len(drawn) == 10
        assert [part.shape for part in drawn[0]] == [(128, 2), (128, NOISE), (128, NOISE)]
        arrays = [part.tobytes() for each in drawn for part in each]
        assert len(set(arrays)) == len(arrays)
        again = [part.tobytes() for x, z in adversarial._drawn(job, 1) for part in (x, *z)]
        assert again == arrays[15:]
        known = {row.tobytes() for row in data.x}
        assert all(row.tobytes() in known for row in drawn[0][0])

    def test_resume_needs_a_file(self):
        with pytest.raises(ArgumentError, match="without a checkpoint"):
            programs.run(GAN, 0, mixture(0, 64, 8), resume=True, progress=False)

    def test_losses_that_are_no_numbers_end_it(self, short):
        wild = dataclasses.replace(GAN, optimizer=optim.SGD(1e30))
        with pytest.raises(TrainingError, match="in epoch 1, batch"), np.errstate(all="ignore"):
            programs.run(wild, 0, mixture(0, 64, 8), epochs=1, progress=False)

    def test_no_folder(self, tmp_path):
        with pytest.raises(ArgumentError, match="leave --data out"):
            programs.run(GAN, data=tmp_path)

    def test_what_is_shown_is_what_the_generator_makes(self, short):
        outcome = programs.run(GAN, 0, mixture(0, 2_000, 600), epochs=1, progress=False)
        shown = outcome.shown
        assert [len(shown[name]) for name in ("data", "samples", "centres")] == [500, 500, 8]
        z = np.random.default_rng(np.random.SeedSequence(0)).standard_normal((500, NOISE), dtype=np.float32)
        np.testing.assert_allclose(GENERATOR(outcome.params["generator"], z), shown["samples"], atol=1e-3)
        assert GAN.network(outcome.params, z).shape == (500, 2)
        assert set(outcome.history) == {"discriminator_loss", "generator_loss", "near", "modes"}

    def test_with_half_of_its_steps_it_has_found_the_circle(self):
        """A training of 2,500 steps; the whole has 5,000."""
        outcome = programs.run(GAN, 0, epochs=10, progress=False)
        assert outcome.figures["modes"] >= 6
        assert outcome.figures["near"] > 0.6

    def test_every_measured_seed_covers_all_modes_but_one(self):
        figures = [seed["figures"] for seed in measured("P8-gan")["seeds"]]
        assert min(each["modes"] for each in figures) >= 7
        assert sum(each["modes"] == 8 for each in figures) >= 3
        assert min(each["near"] for each in figures) > 0.85

    def test_the_networks_count(self, begun):
        assert nn.count_parameters(begun) == GAN.parameters
