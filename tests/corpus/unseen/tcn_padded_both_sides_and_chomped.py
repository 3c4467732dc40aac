"""Right: padding (k-1)*d on both sides and cutting the last (k-1)*d outputs equals padding on the left only.

Source (real): https://github.com/locuslab/TCN/issues/8
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

    n, T, c, m, ks, dil = 6, 8, 2, 4, 3, 2
    k1, k2 = var("conv1", ks, c, m), var("conv2", ks, m, m)
    w_res, w_y = var("downsample", c, m), var("w_y", m, 1)
    batch = {"x": arr(n, T, c), "y": arr(n, T)}
    pad = (ks - 1) * dil

    def head(h, b):
        out = tf.nn.relu(h + b["x"] @ w_res)
        return tf.reduce_mean(tf.square(tf.squeeze(out @ w_y, 2) - b["y"]))

    def reference(b):
        def causal(x, k):
            steps = []
            for t in range(T):
                acc = 0.0
                for j in range(ks):
                    s = t - (ks - 1 - j) * dil
                    if s >= 0:
                        acc += x[:, s] @ k[j]
                steps.append(acc)
            return tf.stack(steps, axis=1)

        return head(tf.nn.relu(causal(tf.nn.relu(causal(b["x"], k1)), k2)), b)

    def candidate(b):
        h = b["x"]
        for k in (k1, k2):
            padded = tf.pad(h, [[0, 0], [pad, pad], [0, 0]])
            taps = [padded[:, j * dil:j * dil + T + pad] @ k[j] for j in range(ks)]
            conv = tf.add_n(taps)
            h = tf.nn.relu(conv[:, :-pad])
        return head(h, b)

    return {"variables": [k1, k2, w_res, w_y], "batch": batch, "reference": reference, "candidate": candidate}
