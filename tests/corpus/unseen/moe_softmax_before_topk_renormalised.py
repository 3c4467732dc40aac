"""Right: softmax over all experts, top-k and renormalisation equals the softmax over the top-k logits.

Source (real): https://github.com/NVIDIA/Megatron-LM/issues/1593
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": True,
    "cause": "none",
    "line_marker": None,
    "same_forward_value": True,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)

    def var(name, *shape, scale=0.5):
        return tf.Variable((rng.normal(size=shape) * scale).astype("float32"), name=name)

    def arr(*shape, scale=1.0):
        return (rng.normal(size=shape) * scale).astype("float32")

    n, d, E, k = 10, 5, 4, 2
    router = var("router", d, E, scale=1.0)
    experts = var("experts", E, d, d)
    w_y = var("w_y", d, 3)
    batch = {"x": arr(n, d), "label": rng.integers(0, 3, size=(n,))}

    def combine(x, weights, idx):
        all_out = tf.nn.gelu(tf.einsum("nd,edf->nef", x, experts))
        picked = tf.gather(all_out, idx, batch_dims=1)
        return tf.reduce_sum(picked * weights[:, :, None], axis=1)

    def nll(h, b):
        return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=b["label"], logits=h @ w_y))

    def reference(b):
        top, idx = tf.math.top_k(b["x"] @ router, k)
        return nll(b["x"] + combine(b["x"], tf.nn.softmax(top, axis=-1), idx), b)

    def candidate(b):
        probs = tf.nn.softmax(b["x"] @ router, axis=-1)
        weights, idx = tf.math.top_k(probs, k)
        weights = weights / tf.reduce_sum(weights, axis=-1, keepdims=True)
        return nll(b["x"] + combine(b["x"], weights, idx), b)

    return {"variables": [router, experts, w_y], "batch": batch, "reference": reference, "candidate": candidate}
