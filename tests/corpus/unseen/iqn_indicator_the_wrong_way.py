"""IQN quantile Huber loss with the indicator delta > 0 where the paper has delta < 0.

Source (real): https://github.com/chainer/chainerrl/issues/590
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "sign",
    "line_marker": 'indicator = tf.cast(delta > 0.0, tf.float32)',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, d, k, N, M, E = 8, 4, 3, 5, 4, 6
    f = lambda *s: rng.normal(size=s).astype("float32")
    batch = {
        "phi": f(n, d), "action": rng.integers(0, k, n).astype("int32"),
        "tau": rng.uniform(size=(n, N)).astype("float32"),
        "target_z": 1.5 * f(n, M) + 0.5,
    }
    Wphi = tf.Variable(0.6 * f(d, 7), name="Wphi")
    Wtau = tf.Variable(0.5 * f(E, 7), name="Wtau")
    Wout = tf.Variable(0.6 * f(7, k), name="Wout")
    freq = tf.constant(np.pi * np.arange(1, E + 1), tf.float32)

    def z_values(b):
        psi = tf.nn.relu(tf.tensordot(tf.cos(b["tau"][..., None] * freq), Wtau, 1) + 0.2)
        h = tf.tanh(tf.matmul(b["phi"], Wphi))[:, None, :] * psi
        z = tf.tensordot(h, Wout, 1)                                   # [n, N, k]
        return tf.gather(tf.transpose(z, (0, 2, 1)), b["action"], batch_dims=1)

    def eltwise_huber(x):
        return tf.where(tf.abs(x) < 1.0, 0.5 * tf.square(x), tf.abs(x) - 0.5)

    def reference(b):
        z = z_values(b)
        total = 0.0
        for j in range(M):
            u = b["target_z"][:, j:j + 1] - z                          # [n, N]
            total += tf.where(u < 0.0, 1.0 - b["tau"], b["tau"]) * eltwise_huber(u)
        return tf.reduce_mean(tf.reduce_sum(total / M, axis=1))

    def candidate(b):
        delta = b["target_z"][:, None, :] - z_values(b)[:, :, None]
        indicator = tf.cast(delta > 0.0, tf.float32)
        weights = tf.abs(b["tau"][:, :, None] - tf.stop_gradient(indicator))
        loss = weights * eltwise_huber(delta)
        return tf.reduce_mean(tf.reduce_sum(tf.reduce_mean(loss, axis=2), axis=1))

    return {"variables": [Wphi, Wtau, Wout], "batch": batch, "reference": reference, "candidate": candidate}
