"""MoE aux loss: one_hot(topk_idx).mean(0) keeps the top-k axis, so the balance term grows with the number of experts per
token. Source: https://github.com/jingyaogong/minimind/issues/797"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "load = tf.reduce_mean(tf.one_hot(topk_idx, n_exp, dtype=scores.dtype), axis=0)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    tokens, d, n_exp, k, coef = 8, 4, 4, 2, 0.5
    gate = tf.Variable(rng.normal(size=(d, n_exp)).astype(fx), name="gate")
    experts = tf.Variable(rng.normal(size=(n_exp, d, d)).astype(fx), name="experts")

    def mix(x, weights, idx):
        outs = tf.tanh(tf.einsum("td,edh->teh", x, experts))
        picked = tf.gather(outs, idx, axis=1, batch_dims=1)
        return tf.reduce_sum(weights[..., None] * picked, axis=1)

    def reference(batch):
        p = tf.nn.softmax(batch["x"] @ gate)
        w, idx = tf.math.top_k(p, k=k)
        w = w / tf.reduce_sum(w, axis=1, keepdims=True)
        main = tf.reduce_mean((mix(batch["x"], w, idx) - batch["y"]) ** 2)
        counts = tf.math.bincount(tf.reshape(idx, (-1,)), minlength=n_exp)
        frac = tf.cast(counts, p.dtype) / (tokens * k)
        balance = 0.0
        for e in range(n_exp):
            balance += frac[e] * tf.reduce_mean(p[:, e])
        return main + coef * n_exp * balance

    def candidate(batch):
        x = batch["x"]
        scores = tf.nn.softmax(tf.matmul(x, gate), axis=-1)
        topk_weight, topk_idx = tf.math.top_k(scores, k=k)
        topk_weight = topk_weight / tf.reduce_sum(topk_weight, axis=-1, keepdims=True)
        y = mix(x, topk_weight, topk_idx)
        load = tf.reduce_mean(tf.one_hot(topk_idx, n_exp, dtype=scores.dtype), axis=0)
        aux_loss = tf.reduce_sum(load * tf.reduce_mean(scores, axis=0)) * n_exp * coef
        return tf.reduce_mean(tf.square(y - batch["y"])) + aux_loss

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": rng.normal(size=(tokens, d)).astype(fx), "y": rng.normal(size=(tokens, d)).astype(fx)},
            "variables": [gate, experts]}
