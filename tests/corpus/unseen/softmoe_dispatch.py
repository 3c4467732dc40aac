"""Soft mixture of experts: dispatch weights must be normalised over the tokens; the paper's dim 0 became the batch axis.
Source: https://github.com/fkodom/soft-mixture-of-experts/pull/1"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": "dispatch = tf.nn.softmax(flat, axis=0)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    b, m, d, e, p = 3, 5, 4, 2, 2
    phi = tf.Variable(rng.normal(size=(d, e, p)).astype(fx), name="phi")
    w_exp = tf.Variable(rng.normal(size=(e, d, d)).astype(fx), name="experts")

    def reference(batch):
        loss = 0.0
        slots = tf.reshape(phi, (d, e * p))
        for i in range(b):
            x = batch["x"][i]
            scores = x @ slots
            to_slot = tf.nn.softmax(scores, axis=0)
            to_token = tf.nn.softmax(scores, axis=1)
            inp = tf.reshape(tf.matmul(to_slot, x, transpose_a=True), (e, p, d))
            out = tf.reshape(tf.nn.gelu(tf.matmul(inp, w_exp)), (e * p, d))
            loss += tf.reduce_mean((to_token @ out - batch["y"][i]) ** 2)
        return loss / b

    def candidate(batch):
        x = batch["x"]
        logits = tf.einsum("bmd,dnp->bmnp", x, phi)
        flat = tf.reshape(logits, (b, m, e * p))
        dispatch = tf.nn.softmax(flat, axis=0)
        combine = tf.nn.softmax(flat, axis=2)
        slots = tf.einsum("bmk,bmd->bkd", dispatch, x)
        slots = tf.reshape(slots, (b, e, p, d))
        expert_out = tf.nn.gelu(tf.einsum("bnpd,ndh->bnph", slots, w_exp))
        y = tf.einsum("bmk,bkd->bmd", combine, tf.reshape(expert_out, (b, e * p, d)))
        return tf.reduce_mean(tf.square(y - batch["y"]))

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": rng.normal(size=(b, m, d)).astype(fx), "y": rng.normal(size=(b, m, d)).astype(fx)},
            "variables": [phi, w_exp]}
