"""VAT's KL divergence is given the raw scores of the clean input as its target; they need a softmax. Source: https://github.com/lyakaap/VAT-pytorch/issues/1"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": 'clean = tf.stop_gradient(batch["x"] @ w)',
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

    n, d, k = 5, 4, 3
    x_np = normal(n, d)
    r_adv = normal(n, d, scale=0.8)
    label = np.array([0, 2, -1, -1, 1], dtype="int32")
    w = var("w", d, k)

    def reference(batch):
        ce, seen, kl = 0.0, 0, 0.0
        for i in range(n):
            z = tf.linalg.matvec(w, batch["x"][i], transpose_a=True)
            if int(batch["label"][i]) >= 0:
                ce -= tf.nn.log_softmax(z)[int(batch["label"][i])]
                seen += 1
            p = tf.stop_gradient(tf.nn.softmax(z))
            lq = tf.nn.log_softmax(tf.linalg.matvec(w, batch["x"][i] + batch["r_adv"][i], transpose_a=True))
            kl += tf.reduce_sum(p * (tf.stop_gradient(tf.nn.log_softmax(z)) - lq))
        return ce / seen + kl / n

    def candidate(batch):
        def kl_div(log_q, p):
            return tf.reduce_mean(tf.reduce_sum(tf.math.xlogy(p, tf.maximum(p, 1e-12)) - p * log_q, axis=1))

        has_label = tf.cast(batch["label"] >= 0, w.dtype)
        ce = tf.nn.sparse_softmax_cross_entropy_with_logits(tf.maximum(batch["label"], 0), batch["x"] @ w)
        clean = tf.stop_gradient(batch["x"] @ w)
        pred_hat = (batch["x"] + batch["r_adv"]) @ w
        lds = kl_div(tf.nn.log_softmax(pred_hat, axis=1), clean)
        return tf.reduce_sum(ce * has_label) / tf.reduce_sum(has_label) + lds

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": x_np, "r_adv": r_adv, "label": label}, "variables": [w]}
