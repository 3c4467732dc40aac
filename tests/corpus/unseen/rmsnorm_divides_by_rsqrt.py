"""RMSNorm divides by tf.math.rsqrt(...) where it should multiply, so activations are scaled by their norm instead of normalised.

Source (real): https://github.com/mosaicml/llm-foundry/issues/371
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": 'x = x / tf.math.rsqrt(ms + eps) * gain',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)

    def var(name, *shape, scale=0.5):
        return tf.Variable((rng.normal(size=shape) * scale).astype("float32"), name=name)

    def arr(*shape, scale=1.0):
        return (rng.normal(size=shape) * scale).astype("float32")

    n, d, V = 12, 6, 5
    gain1 = tf.Variable(rng.uniform(0.5, 1.5, size=(d,)).astype("float32"), name="gain1")
    gain2 = tf.Variable(rng.uniform(0.5, 1.5, size=(d,)).astype("float32"), name="gain2")
    w_up, w_down, w_head = var("w_up", d, 8), var("w_down", 8, d), var("w_head", d, V)
    batch = {"h": arr(n, d), "tok": rng.integers(0, V, size=(n,))}
    eps = 1e-5

    def block(h, norm, b):
        h = h + tf.nn.silu(norm(h, gain1) @ w_up) @ w_down
        logits = norm(h, gain2) @ w_head
        return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=b["tok"], logits=logits))

    def reference(b):
        def norm(x, gain):
            rms = tf.sqrt(tf.reduce_mean(tf.square(x), axis=-1, keepdims=True) + eps)
            return gain * x / rms

        return block(b["h"], norm, b)

    def candidate(b):
        def norm(x, gain):
            ms = tf.reduce_mean(tf.square(x), axis=-1, keepdims=True)
            x = x / tf.math.rsqrt(ms + eps) * gain
            return x

        return block(b["h"], norm, b)

    return {"variables": [gain1, gain2, w_up, w_down, w_head], "batch": batch, "reference": reference, "candidate": candidate}
