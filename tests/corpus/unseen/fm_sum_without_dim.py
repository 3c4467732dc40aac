"""Factorisation machine on review features: the interaction term is summed without a dimension, over the whole batch.

Source (real): https://github.com/ShomyLiu/Neu-Review-Rec/issues/9 (framework/prediction.py, PyTorch, ported; fixed with dim 1, keepdim).
Right answer: NOT equivalent; every prediction gets the interactions of all samples, and the shapes still fit.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "fm_output = 0.5 * tf.reduce_sum(fm_interactions_1 - fm_interactions_2) + fm_linear_part",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, dim, k = 18, 6, 3

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    lin = tf.Variable(0.4 * arr(dim, 1), name="fm_linear")
    lin_b = tf.Variable(0.3 * arr(1), name="fm_bias")
    v = tf.Variable(0.3 * arr(dim, k), name="fm_V")
    batch = {"user": arr(n, dim // 2), "item": arr(n, dim - dim // 2), "rating": 3.5 + arr(n, 1)}

    def reference(b):
        """Equation 1 of the FM paper, pair by pair."""
        m = b["rating"].shape[0]
        loss = 0.0
        for i in range(m):
            x = tf.concat([b["user"][i], b["item"][i]], axis=0)
            y = lin_b[0] + tf.reduce_sum(x * lin[:, 0])
            for p in range(dim):
                for q in range(p + 1, dim):
                    y += tf.reduce_sum(v[p] * v[q]) * x[p] * x[q]
            loss += (y - b["rating"][i, 0]) ** 2
        return loss / m

    def candidate(b):
        def build_fm(input_vec):
            fm_linear_part = input_vec @ lin + lin_b
            fm_interactions_1 = tf.pow(input_vec @ v, 2)
            fm_interactions_2 = tf.pow(input_vec, 2) @ tf.pow(v, 2)
            fm_output = 0.5 * tf.reduce_sum(fm_interactions_1 - fm_interactions_2) + fm_linear_part
            return fm_output

        output = build_fm(tf.concat([b["user"], b["item"]], axis=1))
        return tf.reduce_mean(tf.square(output - b["rating"]))

    return {"variables": [lin, lin_b, v], "batch": batch, "reference": reference, "candidate": candidate}
