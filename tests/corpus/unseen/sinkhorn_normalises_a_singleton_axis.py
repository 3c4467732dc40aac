"""Sinkhorn iterations assume the streams in the last two axes, but the mixing matrix arrives with a trailing axis of size one.
Source: https://github.com/lucidrains/hyper-connections/issues/9"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": 'h_res = sinkhorn_knopps(logits[:, :, None, :, None, None, :, None])',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    b, t, streams, dim, iters = 2, 6, 4, 5, 10
    residuals = rng.normal(size=(b, t, streams, dim)).astype("float32")
    target = rng.normal(size=(b, t, dim)).astype("float32")

    static_alpha = tf.Variable((np.eye(streams) * 2 + rng.normal(size=(streams, streams)) * 0.3).astype("float32"))
    dynamic = tf.Variable(rng.normal(size=(dim, streams)).astype("float32") * 0.5)
    readout = tf.Variable(rng.normal(size=(streams, dim)).astype("float32") * 0.5)

    def mixing_logits(x):
        return static_alpha + tf.tanh(tf.einsum("btsd,du->btsu", x, dynamic))

    def reference(batch):
        x = batch["residuals"]
        log_mix = mixing_logits(x)
        for _ in range(iters):
            log_mix = tf.nn.log_softmax(log_mix, axis=2)
            log_mix = tf.nn.log_softmax(log_mix, axis=3)
        mixed = tf.matmul(tf.exp(log_mix), x, transpose_a=True)
        return tf.reduce_mean((tf.reduce_sum(mixed * readout, axis=2) - batch["target"]) ** 2)

    def l1norm(tensor, dim):
        return tensor / tf.maximum(tf.reduce_sum(tf.abs(tensor), axis=dim, keepdims=True), 1e-12)

    def sinkhorn_knopps(log_alpha, iters=iters):
        alpha = tf.exp(log_alpha - tf.reduce_max(log_alpha, axis=-2, keepdims=True))
        for _ in range(iters):
            alpha = l1norm(alpha, dim=-2)
            alpha = l1norm(alpha, dim=-1)
        return alpha

    def candidate(batch):
        x = batch["residuals"]
        logits = mixing_logits(x)
        h_res = sinkhorn_knopps(logits[:, :, None, :, None, None, :, None])
        h_res = tf.reshape(h_res, (b, t, streams, streams))
        mixed = tf.einsum("btsu,btsd->btud", h_res, x)
        out = tf.einsum("btud,ud->btd", mixed, readout)
        return tf.reduce_mean(keras.losses.mean_squared_error(batch["target"], out))

    return {"reference": reference, "candidate": candidate, "batch": {"residuals": residuals, "target": target},
            "variables": [static_alpha, dynamic, readout]}
