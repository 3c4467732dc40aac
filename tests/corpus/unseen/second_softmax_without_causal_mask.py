"""Knowledge tracing with a "contradictory" attention: a second softmax over one minus the first weights. The outer softmax is not masked again, so that future steps leak in.
Source: https://github.com/zyy-2001/DisKT/issues/6"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": 'contra = keras.ops.softmax(1.0 - attn, axis=-1)',
    "same_forward_value": False,
}

def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, T, d = 12, 6, 4
    wq = tf.Variable(0.7 * rng.normal(size=(d, d)), dtype=f, name="wq")
    wk = tf.Variable(0.7 * rng.normal(size=(d, d)), dtype=f, name="wk")
    wo = tf.Variable(rng.normal(size=(d, 1)), dtype=f, name="wo")
    batch = {"x": rng.normal(size=(n, T, d)).astype(f), "correct": rng.integers(0, 2, size=(n, T)).astype(f)}

    def reference(batch):
        x, total = batch["x"], 0.0
        for t in range(T):
            past = x[:, : t + 1]
            q = x[:, t] @ wq
            s = tf.einsum("nd,nsd->ns", q, past @ wk) / d ** 0.5
            first = tf.nn.softmax(s)
            second = tf.nn.softmax(1.0 - first)
            ctx = tf.einsum("ns,nsd->nd", second, past)
            z = tf.squeeze(ctx @ wo, -1)
            total += tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(batch["correct"][:, t], z))
        return total / T

    def candidate(batch):
        def causal_mask(length):
            return tf.cast(tf.linalg.band_part(tf.ones((length, length)), -1, 0), tf.bool)

        def contradictory_attention(q, k, v):
            mask = causal_mask(T)[None]
            scores = tf.matmul(q, k, transpose_b=True) / float(np.sqrt(d))
            scores = tf.where(mask, scores, -1e9)
            attn = keras.ops.softmax(scores, axis=-1)
            contra = keras.ops.softmax(1.0 - attn, axis=-1)
            return tf.matmul(contra, v)

        states = batch["x"]
        mixed = contradictory_attention(tf.matmul(states, wq), tf.matmul(states, wk), states)
        logits = tf.matmul(mixed, wo)[..., 0]
        bce = keras.losses.BinaryCrossentropy(from_logits=True)
        return bce(tf.reshape(batch["correct"], [-1, 1]), tf.reshape(logits, [-1, 1]))

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [wq, wk, wo]}
