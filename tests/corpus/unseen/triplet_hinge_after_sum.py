"""The triplet loss sums margin + d_pos - d_neg over the triplets and takes the maximum with zero only at
the end. Source: https://github.com/akarshzingade/image-similarity-deep-ranking/issues/17"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": 'return tf.maximum(tf.reduce_sum(gap * batch["use"]) / tf.reduce_sum(batch["use"]), 0.0)',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()

    def normal(*shape, scale=1.0):
        return (scale * rng.standard_normal(shape)).astype(fx)

    def var(name, *shape, scale=1.0):
        return tf.Variable(normal(*shape, scale=scale), name=name)

    n, d, e = 5, 4, 3
    q_np, p_np, n_np = normal(n, d), normal(n, d), normal(n, d)
    n_np[:2] = 3.0 * n_np[:2]
    p_np[2:] = 5.0 * p_np[2:]
    use = np.array([1, 1, 1, 0, 1]).astype(fx)
    w = var("w", d, e)

    def reference(batch):
        total = 0.0
        for i in range(n):
            q, p, m = (tf.linalg.matvec(w, batch[k][i], transpose_a=True) for k in ("q", "p", "n"))
            h = 1.0 + tf.norm(q - p) - tf.norm(q - m)
            total += batch["use"][i] * tf.maximum(h, 0.0)
        return total / tf.reduce_sum(batch["use"])

    def candidate(batch):
        y_pred = tf.stack([batch["q"] @ w, batch["p"] @ w, batch["n"] @ w], axis=1)
        d_q_p = tf.sqrt(tf.reduce_sum(tf.square(y_pred[:, 0] - y_pred[:, 1]), axis=-1))
        d_q_n = tf.sqrt(tf.reduce_sum(tf.square(y_pred[:, 0] - y_pred[:, 2]), axis=-1))
        gap = 1.0 + d_q_p - d_q_n
        return tf.maximum(tf.reduce_sum(gap * batch["use"]) / tf.reduce_sum(batch["use"]), 0.0)

    return {"reference": reference, "candidate": candidate,
            "batch": {"q": q_np, "p": p_np, "n": n_np, "use": use}, "variables": [w]}
