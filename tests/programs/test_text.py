"""Texts: words, vocabularies, documentation strings, sentences; the networks that read them, and their padding."""

import itertools

import numpy as np
import pytest

from gradatlas import nn, programs, xp
from gradatlas.errors import ArgumentError, DataFileError, MissingProgramError, ShapeError
from gradatlas.programs import text
from gradatlas.programs.datasets import sentences
from gradatlas.programs.datasets import text as texts
from gradatlas.programs.datasets.text import PADDING, Vocabulary, docstrings, padded, prose, words
from gradatlas.programs.measured import measured


class TestWords:
    def test_they_are_runs_of_letters_in_lower_case(self):
        assert words("Don't panic: it’s 42 (Forty-two)!<br />Ende, schön.") == [
            *("don't", "panic", "it's", "forty", "two", "ende", "sch", "n"),
        ]
        assert words("") == []

    def test_a_vocabulary_goes_by_count_and_then_by_the_alphabet(self):
        found = Vocabulary.of([["b", "a", "c"], ["b", "a", "d"], ["b"]], 5)
        assert found.words == ("b", "a", "c")
        assert len(found) == 5
        ids = found.ids([["a", "d", "b"], ["c"], []], 4)
        assert ids.tolist() == [[3, 1, 2, 0], [4, 0, 0, 0], [0, 0, 0, 0]]
        assert ids.dtype == np.int64
        assert found.text(ids[0]) == ["a", "?", "b"]
        assert found.ids([["a", "b", "c"]], 2).tolist() == [[3, 2]]
        with pytest.raises(ArgumentError, match="3 or more"):
            Vocabulary.of([["a"]], 2)

    def test_padding_cuts_and_fills(self):
        assert padded([[5, 6, 7], [8]], 2).tolist() == [[5, 6], [8, 0]]


class TestProse:
    def test_it_ends_at_the_first_section_and_leaves_code_out(self):
        doc = """
        Return the ``n``-th root of `x`, see :func:`numpy.sqrt` and scikit-learn's linearModel or x_1.

        It is *well-known* (as of 1970).

        Parameters
        ----------
        x : array
        """
        assert prose(doc) == "Return the root of see and or It is well-known as of"

    @pytest.mark.parametrize("end", [">>> 1 + 1", ".. math:: x", ":param x: it", "Args:", "@return it", "Returns"])
    def test_what_ends_it(self, end):
        assert prose(f"Some words here.\n{end}\n  and no more") == "Some words here"

    def test_a_heading_at_the_head_is_kept_and_its_line_is_not(self):
        assert prose("The title\n=========\nThe text.") == "The title The text"


@pytest.fixture(scope="module")
def few():
    """Some documentation strings."""
    return docstrings(100, 40, 20)


class TestDocstrings:
    def test_there_are_ten_labels_in_both_parts(self, few):
        for part, labels in (few.train, few.test):
            assert len(part) == len(labels)
            assert set(labels.tolist()) == set(range(10))
            assert np.bincount(labels).max() <= 100
            assert np.bincount(labels).min() >= 10

    def test_no_library_is_named(self, few):
        for each in itertools.chain(few.train[0], few.test[0]):
            assert not {"numpy", "scipy", "sympy", "mpmath", "sklearn", "joblib", "optree", "click", "rich"} & set(each)
            assert all(word.replace("'", "").isalpha() and word == word.lower() for word in each)

    def test_no_eight_words_in_a_row_stand_twice(self, few):
        seen = set()
        for each in itertools.chain(few.train[0], few.test[0]):
            assert len(each) >= 8
            runs = {each[k : k + 8] for k in range(len(each) - 7)}
            assert not runs & seen
            seen |= runs

    def test_no_module_stands_on_both_sides_and_none_is_taken_too_often(self):
        modules = ({}, {})
        for part, _, path, _ in texts._chosen((20, 10), 4):
            modules[part][path] = modules[part].get(path, 0) + 1
        assert not modules[0].keys() & modules[1].keys()
        assert max(max(part.values()) for part in modules) == 4
        assert min(len(part) for part in modules) > 20

    def test_it_is_the_same_every_time(self):
        first, again = (docstrings.__wrapped__(10, 5, 5) for _ in range(2))
        assert first.train[0] == again.train[0]
        assert first.test[0] == again.test[0]
        assert np.array_equal(first.test[1], again.test[1])

    def test_a_library_that_is_not_there_is_named(self, monkeypatch):
        monkeypatch.setattr(texts, "LIBRARIES", ("numpy", "no_such_library"))
        with pytest.raises(MissingProgramError, match=r"no_such_library.*is not installed"):
            docstrings.__wrapped__(1, 1, 1)

    def test_nothing_of_a_file_that_does_not_parse(self, tmp_path):
        (tmp_path / "a.py").write_bytes(b"'''eight words that would count if only they'''\nx = (")
        (tmp_path / "b.py").write_bytes(b"\xff\xfe")
        assert [list(texts._documented(tmp_path / name)) for name in ("a.py", "b.py")] == [[], []]


class TestSentences:
    def test_a_negator_turns_its_own_adjective_round_and_one_clause_decides(self):
        known = {
            "the film was good": 1,
            "the film was not bad": 1,
            "the film was hardly very good": 0,
            "the film was not bad but the plot was dull": 0,
            "the film was bad but the plot was by no means dull": 1,
            "although the film was good the plot was never clever": 0,
            "the film was far from dull although the plot was bad": 1,
        }
        (found,) = sentences.sentences(np.random.SeedSequence(3), (20_000,))
        labels = dict(zip((" ".join(each) for each in found[0]), found[1].tolist(), strict=True))
        swaps = dict.fromkeys(sentences.GOOD, "good") | dict.fromkeys(sentences.BAD, "bad")

        def shape(sentence):
            return " ".join(
                swaps.get(word, "N" if word in sentences.NOUNS else word)
                for word in sentence.split()
                if word not in ("very", "really", "quite")
            )

        by_shape = {}
        for sentence, label in labels.items():
            by_shape.setdefault(shape(sentence), set()).add(label)
        assert all(len(found) == 1 for found in by_shape.values())
        for sentence, label in known.items():
            assert by_shape[shape(sentence)] == {label}, sentence

    def test_parts_share_no_bag_of_words(self):
        train, test = sentences.sentences(np.random.SeedSequence(0), (500, 200))
        bags = [{tuple(sorted(text)) for text in part[0]} for part in (train, test)]
        assert not bags[0] & bags[1]
        assert 0.4 < test[1].mean() < 0.6

    def test_the_best_of_a_bag(self):
        assert sentences.best_of_a_bag(["ab", "ba", "ab", "c"], [1, 0, 1, 0]) == 0.75
        assert sentences.best_of_a_bag([], []) == 0.0
        (part,) = sentences.sentences(np.random.SeedSequence(1), (4_000,))
        assert 0.55 < sentences.best_of_a_bag(*part) < 0.7


NETWORKS = {
    "LSTM and attention": text.LSTMAttention(20, 6, 3, units=5),
    "bag of words": text.BagOfWords(20, 6, 3, units=5),
    "self-attention": text.SelfAttention(20, 6, 3),
}


def some_ids(rows=4, length=7):
    ids = np.random.default_rng(0).integers(1, 20, (rows, length))
    for row, end in enumerate((7, 3, 1, 5)):
        ids[row, end:] = PADDING
    return ids


class TestNetworks:
    @pytest.mark.parametrize("name", NETWORKS)
    def test_more_padding_changes_nothing(self, name):
        network, ids = NETWORKS[name], some_ids()
        longer = np.concatenate([ids, np.zeros((4, 5), dtype=np.int64)], axis=1)
        params = network.init(1, (12,), "float64")
        short = params
        if "places" in params:
            short = {**params, "places": {"table": params["places"]["table"][:7]}}
        np.testing.assert_allclose(network(params, longer), network(short, ids), rtol=0, atol=1e-15)
        alone = network(short, ids[1:2])
        np.testing.assert_allclose(alone, network(short, ids)[1:2], rtol=0, atol=1e-15)

    @pytest.mark.parametrize("name", NETWORKS)
    def test_what_the_padding_is_embedded_as_does_not_matter(self, name, monkeypatch):
        """Even a padding with entries of its own reaches neither attention nor the mean."""
        network, ids = NETWORKS[name], some_ids()
        params = network.init(1, (7,), "float64")
        wanted = network(params, ids)
        monkeypatch.setattr(type(network), "_embedding", lambda self: nn.Embedding(self.rows, self.width))
        table = next(part for part in ("embedding", "words") if part in params)
        assert np.abs(params[table]["table"][PADDING]).max() > 0
        np.testing.assert_allclose(network(params, ids), wanted, rtol=0, atol=1e-15)

    @pytest.mark.parametrize("name", NETWORKS)
    def test_words_do_matter(self, name):
        network, ids = NETWORKS[name], some_ids()
        params = network.init(1, (7,), "float64")
        other = ids.copy()
        other[1, 2] = 1 + other[1, 2] % 19
        changed = np.abs(np.asarray(network(params, other) - network(params, ids))).max(axis=1)
        assert changed[1] > 1e-9
        assert changed[[0, 2, 3]].max() == 0

    def test_order_matters_but_to_the_bag(self):
        ids = some_ids()[:1]
        for name, network in NETWORKS.items():
            params = network.init(2, (7,), "float64")
            difference = np.abs(np.asarray(network(params, ids[:, ::-1].copy()) - network(params, ids))).max()
            assert difference < 1e-15 if name == "bag of words" else difference > 1e-6

    def test_lstm_and_attention_by_hand(self):
        network, ids = NETWORKS["LSTM and attention"], some_ids()
        params = network.init(3, (7,), "float64")
        cell = params["lstm"]

        def sigmoid(x):
            return 1 / (1 + np.exp(-x))

        for row, logits in zip(ids, network(params, ids), strict=True):
            h = c = np.zeros(5)
            states = []
            for k in row[row != PADDING]:
                z = params["embedding"]["table"][k] @ cell["w"] + h @ cell["u"] + cell["b"]
                i, f, g, o = np.split(z, 4)
                c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
                h = sigmoid(o) * np.tanh(c)
                states.append(h)
            states = np.array(states)
            scores = states @ states.T  # unscaled, without projections: Keras's Attention
            weights = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
            wanted = (weights @ states).mean(axis=0) @ params["dense"]["w"] + params["dense"]["b"]
            np.testing.assert_allclose(logits, wanted, atol=1e-13)

    def test_the_forget_gate_begins_with_ones_and_the_recurrence_orthogonal(self):
        params = text.ATTENTION.init(0, text._drawn(0), "float64")["lstm"]
        assert params["b"].reshape(4, 64).sum(axis=1).tolist() == [0, 64, 0, 0]
        np.testing.assert_allclose(params["u"] @ params["u"].T, np.eye(64), atol=1e-12)
        limit = np.sqrt(6 / (64 + 256))
        assert 0.99 * limit < np.abs(params["w"]).max() <= limit

    @pytest.mark.parametrize("name", ["LSTM and attention", "self-attention"])
    def test_the_weights_are_those_that_the_network_uses(self, name):
        network, ids = NETWORKS[name], some_ids()
        params = network.init(4, (7,), "float64")
        weights = np.asarray(network.weights(params, ids))
        np.testing.assert_allclose(weights.sum(axis=2), 1.0, atol=1e-14)
        assert not weights[np.broadcast_to((ids == PADDING)[:, None, :], weights.shape)].any()
        if name == "LSTM and attention":
            states = network._states(params, ids)
            used = nn.Attention(scale=1.0)({}, states, mask=(ids != PADDING)[:, None, :])
            np.testing.assert_allclose(weights @ states, used, atol=1e-14)
        else:
            h = np.asarray(network._embedded(params, ids))
            head = params["attention"]
            made = weights @ (h @ head["value"]["w"] + head["value"]["b"]) @ head["output"]["w"] + head["output"]["b"]
            used = nn.MultiHeadAttention(1)(head, h, mask=(ids != PADDING)[:, None, :])
            np.testing.assert_allclose(made, used, atol=1e-14)

    def test_shapes_that_are_no_texts(self):
        with pytest.raises(ShapeError, match="ids of words"):
            NETWORKS["bag of words"].init(0, (7, 3))
        with pytest.raises(ShapeError, match="a row of its own"):
            NETWORKS["self-attention"].init(0, (None,))


class TestPrograms:
    def test_documentation_is_told_apart_far_better_than_by_the_most_frequent_label(self, few, monkeypatch):
        """A small sample of the texts: what the programs need not know of the rest."""
        monkeypatch.setattr(text, "docstrings", lambda *counts: few)
        for row, epochs in (("P3", 5), ("P8-text", 10)):
            program = programs.program(row)
            outcome = programs.run(program, 0, epochs=epochs, progress=False)
            assert outcome.final > outcome.figures["majority"] + 0.12, row
            assert outcome.figures["majority"] < 0.25

    def test_attention_beats_every_bag_of_words(self):
        """Fewer epochs than the program has; the margin is over what no bag of words can pass on these sentences."""
        outcome = programs.run(text.SENTIMENT, 0, epochs=12, progress=False)
        best = outcome.figures["best of any bag of words"]
        assert outcome.final > 0.9 > best + 0.2
        bag = programs.run(text.SENTIMENT.variants["bag of words"], 0, epochs=4, progress=False)
        assert bag.final <= bag.figures["best of any bag of words"] == best
        shown = outcome.shown["attention"]
        assert [" ".join(each["words"]) for each in shown] == list(text.EXAMPLES)
        for each in shown:
            np.testing.assert_allclose(np.sum(each["weights"], axis=1), 1.0, atol=1e-3)

    def test_the_measured_margin_over_five_seeds(self):
        found = measured("P8-sentiment")
        bags = found["variants"]["bag of words"]["seeds"]
        for one, other in zip(found["seeds"], bags, strict=True):
            best = one["figures"]["best of any bag of words"]
            assert one["figures"]["validation_accuracy"] > best + 0.25
            assert other["figures"]["validation_accuracy"] <= best + 1e-6

    def test_the_measured_texts_are_far_above_the_most_frequent_label(self):
        for row in ("P3", "P8-text"):
            for seed in measured(row)["seeds"]:
                assert seed["figures"]["validation_accuracy"] > seed["figures"]["majority"] + 0.2

    @pytest.mark.parametrize("row", ["P3", "P8-text", "P8-sentiment"])
    def test_texts_in_folders_are_learnt_from(self, row, texts_folder, tmp_path):
        outcome = programs.run(programs.program(row), data=texts_folder, epochs=1, progress=False)
        assert "4 for training, 2 held out" in outcome.about
        assert np.isfinite(outcome.history["loss"]).all()
        assert outcome.shown == {}
        (texts_folder / "train" / "neg" / "0_7.txt").write_bytes(b"fine, and then \xff")
        with pytest.raises(DataFileError, match=r"0_7\.txt, byte 15: the byte 0xff is no UTF-8") as caught:
            programs.run(programs.program(row), data=texts_folder)
        assert caught.value.offset == 15

    def test_too_many_labels(self, tmp_path):
        for part, label in itertools.product(("train", "test"), range(11)):
            (tmp_path / part / f"label{label}").mkdir(parents=True)
            (tmp_path / part / f"label{label}" / "a.txt").write_text("words")
        with pytest.raises(ArgumentError, match="11 labels"):
            programs.run(programs.program("P3"), data=tmp_path)
        with pytest.raises(ArgumentError, match="keep two"):
            programs.run(programs.program("P8-sentiment"), data=tmp_path)

    def test_seeds_make_other_sentences(self):
        first, other = (text.SENTIMENT.data(None, seed) for seed in (0, 1))
        assert first.x.shape != other.x.shape or not np.array_equal(first.x, other.x)
        assert len(first.details["vocabulary"]) + 2 == text.SENTIMENT.network.rows

    def test_a_softmax_of_the_logits_is_what_the_document_ends_with(self):
        logits = np.random.default_rng(0).normal(size=(4, 10))
        labels = np.arange(4)
        likelihood = np.log(np.asarray(xp.softmax(logits))[labels, labels])
        assert float(xp.softmax_cross_entropy(logits, labels)) == pytest.approx(-likelihood.mean(), rel=1e-12)
        assert {program.loss for program in text.PROGRAMS} == {"softmax_cross_entropy"}
