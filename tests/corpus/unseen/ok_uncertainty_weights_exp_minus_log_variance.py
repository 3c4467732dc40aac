"""Right: exp(-s) with s = log sigma^2 is 1/sigma^2, and s/2 is log sigma.

Source (real): https://github.com/lukasliebel/MultiDepth/issues/2
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
    n, d, c = 12, 6, 4
    trunk, depth_head, seg_head = tf.keras.layers.Dense(7, "tanh"), tf.keras.layers.Dense(1), tf.keras.layers.Dense(c)
    trunk.build((None, d))
    for head in (depth_head, seg_head):
        head.build((None, 7))
    for layer in (trunk, depth_head, seg_head):
        layer.kernel.assign((0.6 * rng.normal(size=layer.kernel.shape)).astype(np.float32))
    log_vars = [tf.Variable(np.float32(v), name=nm) for v, nm in ((-0.7, "s_depth"), (0.4, "s_seg"))]
    batch = {
        "pixel": rng.normal(size=(n, d)).astype(np.float32),
        "depth": rng.normal(size=n).astype(np.float32),
        "cls": rng.integers(0, c, size=n).astype(np.int32),
        "valid": (np.arange(n) % 4 != 1).astype(np.float32),
    }

    def task_losses(b):
        f = trunk(b["pixel"])
        reg = tf.square(depth_head(f)[:, 0] - b["depth"])
        reg = tf.reduce_sum(reg * b["valid"]) / tf.reduce_sum(b["valid"])
        ce = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=b["cls"], logits=seg_head(f)))
        return reg, ce

    def reference(b):
        reg, ce = task_losses(b)
        sigma_reg, sigma_cls = (tf.sqrt(tf.exp(s)) for s in log_vars)
        return (reg / (2.0 * sigma_reg ** 2) + tf.math.log(sigma_reg)
                + ce / sigma_cls ** 2 + tf.math.log(sigma_cls))

    def candidate(b):
        combined = []
        for loss, s, kind in zip(task_losses(b), log_vars, ("reg", "cls")):
            w = tf.exp(-s)
            w = 0.5 * w if kind == "reg" else w
            combined.append(w * loss + 0.5 * s)
        return tf.add_n(combined)

    return {"variables": trunk.trainable_variables + depth_head.trainable_variables + seg_head.trainable_variables + log_vars,
            "batch": batch, "reference": reference, "candidate": candidate}
