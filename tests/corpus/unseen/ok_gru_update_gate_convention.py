"""Right: z h + (1 - z) c with z = sigmoid(-a) is the paper's (1 - z) h + z c with z = sigmoid(a).

Source (real): https://github.com/keras-team/keras/issues/14649
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
    n, t, d, h = 8, 5, 4, 5
    mk = lambda name, *s: tf.Variable((0.6 * rng.normal(size=s)).astype(np.float32), name=name)
    kernel, recurrent, bias, head = mk("kernel", d, 3 * h), mk("recurrent", h, 3 * h), mk("bias", 3 * h), mk("head", h, 1)
    lengths = rng.integers(2, t + 1, size=n)
    batch = {
        "x": rng.normal(size=(n, t, d)).astype(np.float32),
        "seen": (np.arange(t)[None] < lengths[:, None]).astype(np.float32),
        "y": rng.normal(size=(n, 1)).astype(np.float32),
    }

    def reference(b):
        state = tf.zeros([n, h])
        for k in range(t):
            pre = b["x"][:, k] @ kernel + bias
            a_z = pre[:, :h] + state @ recurrent[:, :h]
            r = tf.sigmoid(pre[:, h:2 * h] + state @ recurrent[:, h:2 * h])
            cand = tf.tanh(pre[:, 2 * h:] + (r * state) @ recurrent[:, 2 * h:])
            z = tf.sigmoid(a_z)
            new = (1.0 - z) * state + z * cand
            m = b["seen"][:, k:k + 1]
            state = m * new + (1.0 - m) * state
        return tf.reduce_mean(tf.square(state @ head - b["y"]))

    def candidate(b):
        x_proj = tf.einsum("ntd,dh->nth", b["x"], kernel) + bias
        h_tm1 = tf.zeros([n, h])
        u_z, u_r, u_h = tf.split(recurrent, 3, axis=1)
        for x_t, seen in zip(tf.unstack(x_proj, axis=1), tf.unstack(b["seen"], axis=1)):
            x_z, x_r, x_h = tf.split(x_t, 3, axis=-1)
            z = tf.sigmoid(-(x_z + h_tm1 @ u_z))
            r = tf.sigmoid(x_r + h_tm1 @ u_r)
            hh = tf.tanh(x_h + tf.matmul(r * h_tm1, u_h))
            h_tm1 = tf.where(seen[:, None] > 0.0, z * h_tm1 + (1.0 - z) * hh, h_tm1)
        return tf.reduce_mean((tf.matmul(h_tm1, head) - b["y"]) ** 2)

    return {"variables": [kernel, recurrent, bias, head], "batch": batch, "reference": reference, "candidate": candidate}
