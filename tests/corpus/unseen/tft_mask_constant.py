"""The attention of the temporal fusion transformer fills masked scores with 1e-9 in place of -1e9: the future stays visible.
Source: https://github.com/awslabs/gluonts/pull/1401"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "masked_value = 1e-9",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()

    def var(name, *shape, sc=0.6):
        return tf.Variable((sc * rng.standard_normal(shape)).astype(fx), name=name)

    def arr(*shape):
        return rng.standard_normal(shape).astype(fx)

    b, past, future, d = 3, 3, 3, 4
    s = past + future
    wq, wk, wv, w_q = var("wq", d, d), var("wk", d, d), var("wv", d, d), var("w_q", d, 3)
    quantiles = np.array([0.1, 0.5, 0.9]).astype(fx)

    def reference(batch):
        x, loss = batch["x"], 0.0
        for t in range(past, s):
            q = x[:, t] @ wq
            score = tf.einsum("bd,btd->bt", q, x[:, : t + 1] @ wk) / 2.0
            ctx = tf.einsum("bt,btd->bd", tf.nn.softmax(score), x[:, : t + 1] @ wv)
            diff = batch["y"][:, t - past, None] - (ctx + x[:, t]) @ w_q
            loss += tf.reduce_mean(tf.where(diff > 0, quantiles * diff, (quantiles - 1.0) * diff))
        return loss / future

    def candidate(batch):
        def generate_subsequent_mask(length):
            return tf.linalg.band_part(tf.ones((length, length), fx), -1, 0)

        masked_value = 1e-9
        query = batch["x"][:, past:] @ wq
        key, value = batch["x"] @ wk, batch["x"] @ wv
        score = tf.matmul(query, key, transpose_b=True) / float(d) ** 0.5
        mask = generate_subsequent_mask(s)[past:]
        score = tf.where(mask[None] > 0, score, tf.cast(masked_value, fx))
        attended = tf.matmul(tf.nn.softmax(score, axis=-1), value) + batch["x"][:, past:]
        errors = batch["y"][:, :, None] - tf.einsum("btd,dq->btq", attended, w_q)
        return tf.reduce_mean(tf.maximum(quantiles * errors, (quantiles - 1) * errors))

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": arr(b, s, d), "y": arr(b, future)}, "variables": [wq, wk, wv, w_q]}
