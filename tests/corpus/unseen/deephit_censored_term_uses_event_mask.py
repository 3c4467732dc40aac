"""The censored term of the DeepHit likelihood multiplies by the mask of the observed bin (mask1) instead of the mask of the later bins (mask2).

Source (real): https://github.com/chl8856/DeepHit/issues/9
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": 'tmp2 = tf.reduce_sum(b["mask1"] * out, axis=[1, 2])',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)

    def var(name, *shape, scale=0.5):
        return tf.Variable((rng.normal(size=shape) * scale).astype("float32"), name=name)

    def arr(*shape, scale=1.0):
        return (rng.normal(size=shape) * scale).astype("float32")

    n, d, Ev, Tm = 14, 5, 2, 6
    w_s, w_o = var("w_shared", d, 8), var("w_out", 8, Ev * Tm)
    t_idx = rng.integers(0, Tm - 1, size=(n,))
    k = rng.integers(0, Ev + 1, size=(n,))
    k[:3] = [0, 1, 2]
    m1 = np.zeros((n, Ev, Tm), "float32")
    m2 = np.zeros((n, Ev, Tm), "float32")
    for i in range(n):
        m1[i, (k[i] - 1) if k[i] else slice(None), t_idx[i]] = 1.0
        m2[i, :, t_idx[i] + 1:] = 1.0
    batch = {"x": arr(n, d), "mask1": m1, "mask2": m2, "t": t_idx, "k": k}

    def pmf(b):
        logits = tf.tanh(b["x"] @ w_s) @ w_o
        return tf.reshape(tf.nn.softmax(logits), [n, Ev, Tm])

    def ranking(out, b):
        cif = tf.cumsum(out[:, 0], axis=1)
        at = tf.transpose(tf.gather(cif, b["t"], axis=1))
        diff = tf.linalg.diag_part(at)[:, None] - at
        acc = tf.cast((b["k"] == 1)[:, None] & (b["t"][:, None] < b["t"][None, :]), tf.float32)
        return tf.reduce_sum(acc * tf.exp(-diff / 0.5)) / n

    def reference(b):
        out = pmf(b)
        ll = 0.0
        for i in range(n):
            if int(b["k"][i]) > 0:
                ll += tf.math.log(out[i, int(b["k"][i]) - 1, int(b["t"][i])] + 1e-8)
            else:
                ll += tf.math.log(tf.reduce_sum(out[i, :, int(b["t"][i]) + 1:]) + 1e-8)
        return -ll / n + 0.3 * ranking(out, b)

    def candidate(b):
        out = pmf(b)
        i1 = tf.cast(tf.sign(b["k"]), tf.float32)
        tmp1 = tf.reduce_sum(b["mask1"] * out, axis=[1, 2])
        tmp1 = i1 * tf.math.log(tmp1 + 1e-8)
        tmp2 = tf.reduce_sum(b["mask1"] * out, axis=[1, 2])
        tmp2 = (1.0 - i1) * tf.math.log(tmp2 + 1e-8)
        return -tf.reduce_mean(tmp1 + tmp2) + 0.3 * ranking(out, b)

    return {"variables": [w_s, w_o], "batch": batch, "reference": reference, "candidate": candidate}
