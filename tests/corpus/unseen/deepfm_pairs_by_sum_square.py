"""Somebody misses the pairwise feature interactions in a DeepFM: half of (square of the sum minus sum of the squares) is
the sum over all pairs.
Source: https://github.com/chenxijun1029/DeepFM_with_PyTorch/issues/12"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": True,
    "cause": "none",
    "line_marker": None,
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, vocab, fields, dim, hid = 14, 9, 4, 3, 5
    v = keras.Variable((0.4 * rng.standard_normal((vocab, dim))).astype(f), name="second_order")
    w1 = keras.Variable((0.3 * rng.standard_normal(vocab)).astype(f), name="first_order")
    deep = keras.Variable((0.4 * rng.standard_normal((fields * dim, hid))).astype(f), name="deep")
    batch = {
        "Xi": rng.integers(0, vocab, (n, fields)).astype("int32"),
        "Xv": rng.uniform(0.2, 1.0, (n, fields)).astype(f),
        "y": rng.integers(0, 2, n).astype(f),
    }

    def reference(batch):
        e = tf.gather(v, batch["Xi"]) * batch["Xv"][:, :, None]
        gram = e @ tf.transpose(e, [0, 2, 1])
        above = np.triu(np.ones((fields, fields)), 1).astype(f)
        score = tf.reduce_sum(gram * above, axis=[1, 2])
        score += tf.reduce_sum(tf.gather(w1, batch["Xi"]) * batch["Xv"], axis=1)
        score += tf.reduce_sum(tf.tanh(tf.reshape(e, [n, -1]) @ deep), axis=1)
        return tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(labels=batch["y"], logits=score))

    def candidate(batch):
        Xi, Xv = batch["Xi"], batch["Xv"]
        fm_first_order_emb_arr = [tf.gather(w1, Xi[:, i])[:, None] * Xv[:, i:i + 1] for i in range(fields)]
        fm_first_order = tf.concat(fm_first_order_emb_arr, 1)
        fm_second_order_emb_arr = [tf.gather(v, Xi[:, i]) * Xv[:, i:i + 1] for i in range(fields)]
        fm_sum_second_order_emb = sum(fm_second_order_emb_arr)
        fm_sum_square = fm_sum_second_order_emb * fm_sum_second_order_emb  # (x+y)^2
        fm_square_sum = sum([item * item for item in fm_second_order_emb_arr])  # x^2+y^2
        fm_second_order = (fm_sum_square - fm_square_sum) * 0.5
        deep_out = keras.activations.tanh(tf.matmul(tf.concat(fm_second_order_emb_arr, 1), deep))
        total = tf.reduce_sum(fm_first_order, 1) + tf.reduce_sum(fm_second_order, 1) + tf.reduce_sum(deep_out, 1)
        return tf.reduce_mean(tf.nn.softplus(total) - batch["y"] * total)

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [v, w1, deep]}
