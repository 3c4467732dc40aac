"""The second batch, on which an edit has to prove itself: that it differs, in what, and where it comes from."""

from __future__ import annotations

import dataclasses
import functools
import re

import numpy as np
import pytest
import tensorflow as tf

import gradcheck
from gradcheck.comparison import at_the_place, rewritten
from gradcheck.comparison.second_batch import other_sizes
from gradcheck.execution.run.resample import renumbered, resampled
from gradcheck.report.wording import tried

N, D = 8, 4
LITTLE = 1_000
"""Ops that a search may replay where more would find a fix, and what is known without one is meant."""


@functools.cache
def weights():
    return tf.Variable(np.linspace(-1, 1, 3 * D).reshape(3, D).astype("float32"), name="w")


def scores(x):
    return tf.tanh(x @ weights())


def right(x, y):
    return tf.reduce_mean(tf.reduce_sum(scores(x), axis=1) * y)


def negated(x, y):
    return -tf.reduce_mean(tf.reduce_sum(scores(x), axis=1) * y)


class Factory:
    """Makes the case, and keeps which batches the candidate was called on."""

    def __init__(self, candidate, reference=right, seeded=True, samples=N):
        self.candidate, self.reference, self.seeded, self.samples = candidate, reference, seeded, samples
        self.seen = []

    def __call__(self, seed=0):
        draw = np.random.default_rng(seed if self.seeded else 0)
        batch = {
            "x": draw.normal(size=(self.samples, 3)).astype("float32"),
            "y": draw.normal(size=self.samples).astype("float32"),
        }
        return gradcheck.Case(
            reference=self.reference, candidate=self.watched, batch=batch, variables=[weights()]
        )

    def watched(self, x, y):
        self.seen.append(y.numpy())
        return self.candidate(x, y)


def diff(factory, **options):
    report = gradcheck.diff(gradcheck.case(lambda seed=0: factory(seed)), **options)
    return report.findings[0]


def test_it_has_other_numbers_and_another_size():
    factory = Factory(negated)
    proof = diff(factory).proof
    assert (proof.second, proof.samples) == ("another seed", (N, 4))
    own, *later = factory.seen
    second = next(one for one in later if one.size != own.size)  # others are of fixes that were run
    assert np.intersect1d(own, second).size == 0


@pytest.mark.parametrize("seeded", [True, False])
def test_a_factory_that_ignores_its_seed_has_its_samples_drawn_again(seeded):
    proof = diff(Factory(negated, seeded=seeded)).proof
    assert proof.holds
    assert proof.second == ("another seed" if seeded else "samples drawn again")


def test_a_case_without_a_factory_has_its_samples_drawn_again():
    proof = gradcheck.diff(Factory(negated)()).findings[0].proof
    assert (proof.second, proof.samples) == ("samples drawn again", (N, 4))


def with_labels_of_its_own(candidate):
    """Return the first finding of a case whose reference has the labels of its samples from outside the batch."""
    draw = np.random.default_rng(3)
    x, y = draw.normal(size=(N, 3)).astype("float32"), draw.normal(size=N).astype("float32")
    case = gradcheck.Case(
        reference=lambda x, y_true: right(x, y), candidate=candidate, batch={"x": x, "y_true": y},
        variables=[weights()],
    )  # fmt: skip
    return gradcheck.diff(case).findings[0]


def test_labels_of_other_samples_are_not_compared_with():
    finding = with_labels_of_its_own(lambda x, y_true: -right(x, y_true))
    assert (finding.proof.second, finding.proof.samples) == ("other numbers", (N, N))
    assert finding.verified


def test_labels_that_neither_side_has_from_the_batch_belong_to_the_new_samples():
    """Twin of the above: both sides change with the order of the samples, and other samples tell more."""
    y = np.linspace(-1, 2, N).astype("float32")
    case = gradcheck.Case(
        reference=lambda x: right(x, y),
        candidate=lambda x: negated(x, y),
        batch={"x": np.random.default_rng(3).normal(size=(N, 3)).astype("float32")},
        variables=[weights()],
    )
    proof = gradcheck.diff(case).findings[0].proof
    assert (proof.second, proof.samples) == ("samples drawn again", (N, N))


NODES, EDGES = 4, 11


def over_a_graph(reference, candidate):
    """Return the first finding of a case of so many nodes and edges: neither is the number of samples."""
    draw = np.random.default_rng(3)
    batch = {
        "x": draw.normal(size=(NODES, 3)).astype("float32"),
        "edges": draw.integers(0, NODES, size=(EDGES, 2)),
    }
    case = gradcheck.Case(reference=reference, candidate=candidate, batch=batch, variables=[weights()])
    return next(iter(gradcheck.diff(case).findings), None)


def apart(x, edges):
    own = scores(x)
    return tf.reduce_sum(tf.square(tf.gather(own, edges[:, 0]) - tf.gather(own, edges[:, 1])), axis=1)


def along_edges(x, edges):
    return tf.reduce_sum(tf.exp(-apart(x, edges)))


def test_where_no_sample_is_known_its_numbers_are_moved():
    finding = over_a_graph(along_edges, lambda x, edges: tf.reduce_sum(tf.exp(apart(x, edges))))
    assert (finding.proof.second, finding.proof.samples) == ("other numbers", (1, 1))
    assert finding.fix is not None
    assert "also with all weights and floating-point inputs moved a little" in tried(finding, finding.proof)


def test_a_length_there_is_no_fix_as_a_number():
    """Twin of the above: it may be how many samples there are."""

    def per_edge(x, edges):
        return tf.reduce_sum(tf.exp(-apart(x, edges))) / tf.cast(tf.shape(edges)[0], "float32")

    def candidate(x, edges):
        size = 7
        other = EDGES
        return tf.reduce_sum(tf.exp(-apart(x, edges))) / size + 0 * other

    finding = over_a_graph(per_edge, candidate)
    assert finding.fix is None or not {"other", str(EDGES), "EDGES"} & set(
        re.findall(r"\w+", finding.fix.text)
    )


def test_without_any_array_the_weights_are_moved():
    def loss(sign):
        return lambda: sign * tf.reduce_sum(tf.tanh(weights()))

    case = gradcheck.Case(reference=loss(1.0), candidate=loss(-1.0), batch={}, variables=[weights()])
    assert gradcheck.diff(case).findings[0].proof.second == "other numbers"


def test_numbers_are_moved_and_whole_ones_are_not():
    batch = {
        "x": np.random.default_rng(0).normal(size=(NODES, 3)).astype("float32"),
        "edges": np.arange(2 * EDGES).reshape(EDGES, 2),
    }
    case = gradcheck.Case(reference=along_edges, candidate=along_edges, batch=batch, variables=[weights()])
    before = weights().numpy()
    with renumbered(case, 0) as made:
        assert not np.allclose(made.batch["x"], batch["x"])
        np.testing.assert_array_equal(made.batch["edges"], batch["edges"])
        assert not np.allclose(weights(), before)
    np.testing.assert_array_equal(weights(), before)


@pytest.mark.parametrize("how", ["mixed", "drawn", "shuffled"])
@pytest.mark.parametrize("samples", [NODES, 2 * NODES])
def test_what_is_said_of_each_two_samples_is_drawn_for_both(how, samples):
    weighed = np.random.default_rng(1).normal(size=(NODES, NODES))
    given = {
        "connected": np.eye(NODES)[::-1] + np.ones((NODES, NODES)) - np.eye(NODES),
        "apart": weighed + weighed.T - 2 * np.diag(np.diag(weighed)),
        "features": weighed,
        "classes": np.eye(NODES),
        "own": np.arange(NODES),
    }
    case = gradcheck.Case(reference=right, candidate=right, batch={}, variables=[weights()])
    case = dataclasses.replace(case, reference=lambda **_: 0.0, candidate=lambda **_: 0.0, batch=given)
    with resampled(case, 0, how, samples) as made:
        batch = {name: np.asarray(array) for name, array in made.batch.items()}
    rows = batch["own"]
    for name in ("connected", "apart"):
        np.testing.assert_array_equal(batch[name], given[name][rows][:, rows])
    np.testing.assert_array_equal(batch["classes"], given["classes"][rows])
    assert batch["features"].shape == (len(rows), NODES)


def loop_over_eight(x, y):
    return tf.add_n([tf.reduce_sum(scores(x[i : i + 1]), axis=1)[0] * y[i] for i in range(N)]) / N


def grown(x, y):
    return tf.reduce_mean(tf.reduce_sum(scores(x), axis=1, keepdims=True) * y)


def test_where_no_other_size_can_be_run_it_has_the_same():
    def exactly_eight(x, y):
        return tf.reduce_mean(tf.ensure_shape(tf.reduce_sum(scores(x), axis=1) * y, [N]))

    finding = diff(Factory(negated, exactly_eight))
    assert finding.proof.samples == (N, N)
    assert not any("of another size" in note for note in finding.notes)


PARTS = 2


def in_parts_of_a_fixed_size(x, y):
    """Take nothing where there are no samples left, and leave out those beyond the last part."""
    size, total = N // PARTS, 0.0
    for k in range(PARTS):
        part = tf.reduce_sum(scores(x[k * size : (k + 1) * size]), axis=1) * y[k * size : (k + 1) * size]
        total += tf.math.divide_no_nan(tf.reduce_sum(part), tf.cast(tf.size(part), tf.float32))
    return total


def in_parts_of_what_there_is(x, y):
    """Add up a mean of each part, which is twice too large on the first batch, and on others by something else."""
    size, total = len(x) // PARTS, 0.0
    for k in range(PARTS):
        total += tf.reduce_mean(
            tf.reduce_sum(scores(x[k * size : (k + 1) * size]), axis=1) * y[k * size : (k + 1) * size]
        )
    return total * size / (N // PARTS)


@pytest.mark.parametrize("seeded", [True, False])
def test_a_batch_of_another_size_says_nothing_where_only_one_side_reads_it_all(seeded):
    found = diff(Factory(in_parts_of_a_fixed_size, seeded=seeded), work=LITTLE)
    assert found.verified and found.proof.samples == (N, N)
    assert "2 times too large" in found.message


def test_where_both_sides_read_it_all_a_factor_has_to_hold_there():
    assert "0.5" not in diff(Factory(in_parts_of_what_there_is)).fix.text


def test_a_size_that_is_written_into_a_formulation_is_told():
    """A loop over eight samples leaves the others of sixteen out, and raises nothing."""
    finding = diff(Factory(grown, loop_over_eight))
    assert (finding.cause, finding.proof.samples) == ("broadcast", (N, N))
    assert "on a batch of another size the gradients still differ" in " ".join(finding.notes)
    assert not any("of another size" in note for note in diff(Factory(grown)).notes)


@pytest.mark.parametrize("samples", [3, 8])
def test_a_batch_with_a_gradient_that_is_not_finite_is_passed_over(samples):
    """The distance of two samples that are the same has none; of three, six cannot be drawn that differ."""

    def distances(x, y):
        pairs = [(i, j) for i in range(len(x)) for j in range(i)]
        return tf.add_n([tf.norm(scores(x[i : i + 1]) - scores(x[j : j + 1])) * y[i] for i, j in pairs])

    proof = diff(Factory(lambda x, y: -distances(x, y), distances, seeded=False, samples=samples)).proof
    assert proof.samples == ((3, 3) if samples == 3 else (8, 4))


def divided(by):
    return lambda x, y: tf.reduce_mean(tf.reduce_sum(scores(x), axis=1) * y) / by(x)


DIVISORS = {
    "twice": (lambda x: 2.0, True),
    "by an axis": (lambda x: float(D), True),
    "by the samples": (lambda x: float(len(x)), False),
    "by a ratio of sizes that is 2 here": (lambda x: len(x) / D, False),
    "by a count": (lambda x: tf.reduce_sum(tf.cast(x[:, 0] > 0, tf.float32)), False),
}


@pytest.mark.parametrize("what", DIVISORS)
def test_a_number_is_a_fix_only_where_it_does_not_depend_on_the_batch(what):
    by, is_fix = DIVISORS[what]
    report = gradcheck.diff(gradcheck.case(lambda seed=0: Factory(divided(by))(seed)))
    fixes = [f.fix.text for f in report.findings if f.fix is not None]
    numbers = [text for text in fixes if "multiply" in text]
    assert bool(numbers) == is_fix or fixes == ["tf.reduce_mean(tf.reduce_sum(scores(x), axis=1) * y)"], str(
        report
    )
    assert report.findings[0].severity in ("error", "suspicion")


def test_the_number_of_samples_is_the_same_quantity_on_both_batches_and_proves_the_place(monkeypatch):
    monkeypatch.setattr(at_the_place, "repaired", lambda *_: [])  # the reference's own expression is the fix
    monkeypatch.setattr(rewritten, "of_this_size", lambda *_: [])

    def added_up(x, y):
        return tf.tensordot(tf.reduce_sum(scores(x), axis=1), y, axes=1)

    finding = diff(Factory(added_up), work=LITTLE)
    assert (finding.verified, finding.fix) == (True, None)
    assert finding.message == f"this is {N} times too large: n, the number of samples, is {N}"
    assert "a number is not a fix" in finding.notes[-1]
    assert "tried: multiply the result by 0.125; with it the gradients agree" in str_of(finding)


def str_of(finding):
    from gradcheck.report.snippet import to_text

    return " ".join(to_text(finding).split())


def test_sizes_that_the_user_set_are_those_of_the_first_batch_alone(target, cli):
    path = target(
        """
        import numpy as np, tensorflow as tf, gradcheck
        w = tf.Variable([[0.5], [-0.25], [1.0], [0.2]], name="w")

        def right(x):
            return tf.reduce_mean(tf.tanh(x @ w))

        def wrong(x):
            return tf.reduce_mean(tf.tanh(x @ w)) * (len(x) / x.shape[1])

        @gradcheck.case
        def ratio(seed: int = 0, samples: int = 100):
            x = np.random.default_rng(seed).normal(size=(samples, 4)).astype("float32")
            return gradcheck.Case(reference=right, candidate=wrong, batch={"x": x}, variables=[w])
        """
    )
    outcome = cli("diff", path, "--set", "samples=8")
    assert outcome.code == 1
    fixes = {line.strip() for line in outcome.out.splitlines() if "fix:" in line}
    assert fixes <= {"= fix: tf.reduce_mean(tf.tanh(x @ w))"}, outcome.out  # no ratio of sizes


class OfOneSign(Factory):
    """With seed 0 all targets are positive, with any other one negative."""

    def __call__(self, seed=0):
        case = super().__call__(seed)
        case.batch["y"] = np.abs(case.batch["y"]) * (1 if seed == 0 else -1)
        return case


def negated_where_positive(x, y):
    return -right(x, y) if y[0] > 0 else right(x, y) * 1.0


@pytest.mark.parametrize("candidate", [negated, negated_where_positive])
def test_a_second_batch_on_which_the_sides_agree_anyway_is_passed_over(candidate):
    proof = diff(OfOneSign(candidate)).proof
    assert proof.second == ("another seed" if candidate is negated else "samples drawn again")


@pytest.mark.parametrize(
    ("samples", "sizes"),
    [(1, [2]), (2, [4]), (3, [6]), (4, [2, 8]), (12, [6, 24])],
)
def test_other_sizes(samples, sizes):
    assert other_sizes(samples) == sizes


# A gradient that is zero on paper.


def with_shift(reads_it):
    """Return a broadcast and the loss that is meant; softmax does not see a shift, whatever it is."""
    shift = tf.Variable([0.3], name="shift")

    def log_probs(x):
        return tf.nn.log_softmax(x @ weights() + shift)

    def meant(x, y):
        each = [y[i] * log_probs(x[i : i + 1])[0, 0] for i in range(len(x))]
        return tf.add_n(each) / len(x) + reads_it(shift)

    def wrong(x, y):
        return tf.reduce_mean(y * log_probs(x)[:, :1])

    case = Factory(wrong, meant)()
    return gradcheck.Case(
        reference=case.reference, candidate=case.candidate, batch=case.batch, variables=[weights(), shift]
    )


def test_a_variable_whose_gradient_is_rounding_does_not_prevent_a_proof():
    report = gradcheck.diff(with_shift(lambda shift: 0.0))
    assert abs(report.variables[1].judgement.difference.reference_norm) < 1e-6
    finding = report.findings[0]
    assert (finding.cause, finding.verified) == ("broadcast", True), str(report)
    assert finding.proof.residual < 1e-12


@pytest.mark.parametrize("size", [1e-3, 1e-6, 1e-10])
def test_a_variable_whose_gradient_is_small_and_wrong_does_prevent_it(size):
    report = gradcheck.diff(with_shift(lambda shift: size * tf.reduce_sum(shift)), work=500)
    assert not any(finding.verified and finding.fix for finding in report.findings), str(report)


@functools.cache
def frozen():
    return tf.Variable(tf.zeros((3, D)), name="frozen")


def of_a_frozen_model(rows):
    """Return a loss of how far the weights are from frozen ones, each row by itself."""

    def loss(x, y):
        apart = tf.reduce_sum(tf.square(x @ (weights() - frozen())), axis=1)
        return tf.reduce_mean(rows(apart) * y)

    return loss


def as_they_are(apart):
    return apart


def over_their_count(apart):
    return apart / tf.cast(tf.fill(tf.shape(apart), D), tf.float32)


def test_weights_that_a_factory_sets_and_no_case_lists_are_those_of_each_batch():
    factory = Factory(of_a_frozen_model(over_their_count), of_a_frozen_model(as_they_are))

    set_last = []

    def with_weights_of_the_seed(seed=0):
        set_last[:] = [np.random.default_rng(seed).normal(size=(3, D)).astype("float32")]
        frozen().assign(set_last[0])
        return factory(seed)

    found = gradcheck.diff(gradcheck.case(with_weights_of_the_seed)).findings[0]
    assert found.verified and found.fix.source
    assert found.fix.text == "apart"
    np.testing.assert_array_equal(frozen(), set_last[0])  # whoever put others back undid that


class TestMixedSamples:
    """Samples that are drawn again are moved towards others: what holds on a grid alone does not hold there."""

    @staticmethod
    def drawn(how, **arrays):
        case = gradcheck.Case(
            candidate=lambda **_: 0.0, batch=arrays, variables=[weights()], samples=list(arrays)
        )
        with resampled(case, 3, how) as made:
            return {name: made.batch[name].numpy() for name in arrays}

    def test_what_all_samples_have_in_common_is_kept(self):
        draw = np.random.default_rng(0)
        shares = draw.dirichlet(np.ones(D), size=N).astype("float32")
        made = self.drawn("mixed", shares=shares, sorted=np.sort(shares, axis=1), bounded=shares[:, 0])
        np.testing.assert_allclose(made["shares"].sum(axis=1), 1.0, rtol=1e-6)
        assert (np.diff(made["sorted"], axis=1) >= 0).all()
        assert shares[:, 0].min() <= made["bounded"].min()
        assert made["bounded"].max() <= shares[:, 0].max()

    @pytest.mark.parametrize("how", ["mixed", "drawn"])
    def test_numbers_leave_their_grid_and_whole_ones_do_not(self, how):
        halves = np.resize([0.5, 1.0, 1.5, 2.5], N).astype("float32")
        made = self.drawn(
            how, halves=halves, done=np.resize([0.0, 1.0], N).astype("float32"), action=np.arange(N)
        )
        assert (not np.isin(made["halves"], halves).all()) == (how == "mixed")
        assert set(made["done"]) <= {0.0, 1.0}
        assert set(made["action"]) <= set(range(N))

    def test_padding_stays_where_it_is(self):
        padded = np.random.default_rng(0).uniform(0.1, 1.0, size=(N, D)).astype("float32")
        padded[::2, 2:] = 0.0
        made = self.drawn("mixed", x=padded)["x"]
        assert set(np.count_nonzero(made, axis=1)) <= {2, D}
        assert not np.isin(made[made != 0], padded).all()

    def test_a_row_with_an_infinite_number_stays_as_it_is(self):
        rows = np.random.default_rng(0).uniform(0.1, 1.0, size=(N, D)).astype("float32")
        rows[3, 1] = np.inf
        made = self.drawn("mixed", x=rows)["x"]
        assert not np.isnan(made).any()
        kept = [row for row in made if np.isinf(row).any()]
        assert all((row == rows[3]).all() for row in kept)

    def test_one_sample_and_numbers_that_are_not_finite(self):
        made = self.drawn("mixed", x=np.full((1, D), 0.5, "float32"), y=np.full((1, 2), np.nan, "float32"))
        assert (made["x"] == 0.5).all() and np.isnan(made["y"]).all()
