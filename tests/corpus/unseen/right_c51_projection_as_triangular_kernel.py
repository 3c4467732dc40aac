"""Right: the C51 projection written as clip(1 - |z - Tz| / dz, 0, 1) instead of floor, ceil and scatter.

Source (real): https://github.com/google/dopamine/issues/120
"""
import numpy as np
import tensorflow as tf

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, d, n_act, atoms, gamma = 8, 5, 3, 11, 0.9
    v_min, v_max = -5.0, 5.0
    dz = (v_max - v_min) / (atoms - 1)

    def mat(*s):
        return rng.normal(0, 0.7, s).astype("float32")

    w = tf.Variable(mat(d, n_act * atoms), name="w")
    bias = tf.Variable(mat(n_act * atoms), name="bias")
    tw = mat(d, n_act * atoms)
    z = tf.linspace(v_min, v_max, atoms)
    batch = {"s": mat(n, d), "s2": mat(n, d), "a": rng.integers(0, n_act, n).astype("int32"),
             "r": 3.0 * mat(n), "done": (rng.random(n) < 0.3).astype("float32")}

    def next_dist(b):
        p = tf.nn.softmax(tf.reshape(b["s2"] @ tw, [-1, n_act, atoms]))
        best = tf.argmax(tf.linalg.matvec(p, z), axis=1)
        return tf.gather(p, best, batch_dims=1)

    def chosen_logits(b):
        return tf.gather(tf.reshape(b["s"] @ w + bias, [-1, n_act, atoms]), b["a"], batch_dims=1)

    def reference(b):
        p, logits = next_dist(b), chosen_logits(b)
        per = []
        for i in range(n):
            tz = tf.clip_by_value(b["r"][i] + gamma * (1.0 - b["done"][i]) * z, v_min, v_max)
            pos = (tz - v_min) / dz
            low = tf.clip_by_value(tf.floor(pos), 0.0, atoms - 2.0)
            li = tf.cast(low, tf.int32)
            m = tf.math.unsorted_segment_sum(p[i] * (low + 1.0 - pos), li, atoms)
            m += tf.math.unsorted_segment_sum(p[i] * (pos - low), li + 1, atoms)
            per.append(-tf.reduce_sum(tf.stop_gradient(m) * tf.nn.log_softmax(logits[i])))
        return tf.reduce_mean(tf.stack(per))

    def candidate(b):
        target_support = tf.clip_by_value(b["r"][:, None] + gamma * (1.0 - b["done"])[:, None] * z[None, :], v_min, v_max)
        y = tf.clip_by_value(1.0 - tf.abs(target_support[:, None, :] - z[None, :, None]) / dz, 0.0, 1.0)
        y = tf.reduce_sum(y * next_dist(b)[:, None, :], axis=2)
        y = tf.stop_gradient(y)
        return tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(labels=y, logits=chosen_logits(b)))

    return {"variables": [w, bias], "batch": batch, "reference": reference, "candidate": candidate}
