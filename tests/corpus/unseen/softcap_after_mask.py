"""Attention soft-capping is applied to score + mask, so that masked positions end at -cap and keep probability.
Source: https://github.com/emmtrix/emx-onnx-cgen/pull/731"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "capped = softcap * tf.tanh((score + batch[\"mask_bias\"]) / softcap)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    n, t, d = 4, 5, 6
    softcap = 3.0
    wq = tf.Variable(rng.normal(size=(d, d)).astype(fx), name="wq")
    wk = tf.Variable(rng.normal(size=(d, d)).astype(fx), name="wk")

    def reference(batch):
        q, k = batch["x"] @ wq, batch["x"] @ wk
        score = tf.matmul(q, k, transpose_b=True) / d**0.5
        capped = softcap * tf.tanh(score / softcap)
        prob = tf.nn.softmax(capped + batch["mask_bias"], axis=-1)
        return tf.reduce_mean(tf.square(tf.matmul(prob, batch["x"]) - batch["y"]))

    def candidate(batch):
        q, k = batch["x"] @ wq, batch["x"] @ wk
        score = tf.matmul(q, k, transpose_b=True) / d**0.5
        capped = softcap * tf.tanh((score + batch["mask_bias"]) / softcap)
        prob = tf.nn.softmax(capped, axis=-1)
        return tf.reduce_mean(tf.square(tf.matmul(prob, batch["x"]) - batch["y"]))

    mask = np.where(np.tril(np.ones((t, t))) > 0, 0.0, -1e9)[None]
    return {
        "reference": reference,
        "candidate": candidate,
        "batch": {
            "x": rng.normal(size=(n, t, d)).astype(fx),
            "y": rng.normal(size=(n, t, d)).astype(fx),
            "mask_bias": mask.astype(fx),
        },
        "variables": [wq, wk],
    }
