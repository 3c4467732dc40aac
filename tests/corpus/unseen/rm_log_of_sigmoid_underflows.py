"""Reward model: -log(sigmoid(c - r)) instead of log_sigmoid; for a badly ranked pair the sigmoid underflows and the loss is inf.

Source (real): https://github.com/deepspeedai/DeepSpeedExamples/issues/316
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "numerics",
    "line_marker": 'return -tf.reduce_mean(tf.math.log(tf.sigmoid(c_truncated - r_truncated)))',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, L, d = 8, 7, 5
    f = lambda *s: rng.normal(size=s).astype("float32")
    chosen, rejected = f(n, L, d), f(n, L, d)
    div = rng.integers(0, 3, n).astype("int32")
    for i in range(n):
        rejected[i, :div[i]] = chosen[i, :div[i]]
    rejected[3, 4:] *= 60.0                                   # one degenerate answer with huge features
    batch = {"chosen": chosen, "rejected": rejected, "divergence": div,
             "end": rng.integers(5, L + 1, n).astype("int32")}
    W = tf.Variable(0.8 * f(d, 6), name="W")
    v = tf.Variable(f(6, 1), name="v_head")
    rejected[3, 4] = 250.0 * np.sign((W.numpy() @ v.numpy())[:, 0])      # scored far above the chosen one

    def rewards(x):
        return tf.tensordot(tf.nn.leaky_relu(tf.tensordot(x, W, 1), 0.5), v, 1)[..., 0]

    def segments(b):
        n = len(b["chosen"])
        c, r = rewards(b["chosen"]), rewards(b["rejected"])
        for i in range(n):
            s = slice(int(b["divergence"][i]), int(b["end"][i]))
            yield c[i, s], r[i, s]

    def reference(b):
        n = len(b["chosen"])
        loss = 0.0
        for c, r in segments(b):
            loss += -tf.reduce_mean(tf.math.log_sigmoid(c - r))
        return loss / n

    def pair_loss(c_truncated, r_truncated):
        return -tf.reduce_mean(tf.math.log(tf.sigmoid(c_truncated - r_truncated)))

    def candidate(b):
        losses = [pair_loss(c, r) for c, r in segments(b)]
        return tf.reduce_mean(tf.stack(losses))

    return {"variables": [W, v], "batch": batch, "reference": reference, "candidate": candidate}
