"""Crystal diffusion, atom types: the loss takes -log of the sum of p(a0' | at) over all a0', instead of the entry of the true a0.

Source (real): https://github.com/mila-iqia/diffusion_for_multi_scale_molecular_dynamics/pull/105 (PyTorch, ported).
Right answer: NOT equivalent; the sum is one, so the term is zero and the atom-type head learns nothing from it.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "p_a0_given_at = tf.reduce_sum(predicted_probabilities, axis=-1)",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, atoms, types, space, hid = 18, 5, 4, 3, 6
    lambda_weight = 0.5

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    trunk = tf.Variable(0.6 * arr(space + types, hid), name="trunk")
    head_x = tf.Variable(0.6 * arr(hid, space), name="score_head")
    head_a = tf.Variable(0.6 * arr(hid, types), name="atom_type_head")
    batch = {
        "x": arr(n, atoms, space),
        "score": arr(n, atoms, space),
        "a0": rng.integers(0, types, (n, atoms)),
        "at": rng.integers(0, types, (n, atoms)),
    }

    def network(b):
        one_hot = tf.one_hot(b["at"], types, dtype=trunk.dtype)
        h = tf.nn.silu(tf.concat([b["x"], one_hot], -1) @ trunk)
        return h @ head_x, h @ head_a

    def reference(b):
        score, logits = network(b)
        coordinates = tf.reduce_mean(tf.square(score - b["score"]))
        lost = 0.0
        for j in range(atoms):
            nll = tf.nn.sparse_softmax_cross_entropy_with_logits(b["a0"][:, j], logits[:, j])
            lost += tf.reduce_mean(nll)
        return coordinates + lambda_weight * lost / atoms

    def candidate(b):
        predicted_scores, predicted_logits = network(b)
        x_loss = tf.reduce_mean(tf.square(predicted_scores - b["score"]))

        # the reconstruction term -log p_theta(a_0 | a_t)
        predicted_probabilities = tf.nn.softmax(predicted_logits, axis=-1)
        p_a0_given_at = tf.reduce_sum(predicted_probabilities, axis=-1)
        nll_term = -tf.math.log(p_a0_given_at + 1e-12)
        return x_loss + lambda_weight * tf.reduce_mean(nll_term)

    return {"variables": [trunk, head_x, head_a], "batch": batch, "reference": reference, "candidate": candidate}
