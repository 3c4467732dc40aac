"""u_xx is obtained by differentiating u (not u_x), so the viscous term holds a first derivative.

Source (real): https://github.com/AdityaLab/pinnsformer/issues/2
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": 'u_xx = second.gradient(u, x)',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, h = 14, 8
    mk = lambda name, *s: tf.Variable((0.7 * rng.normal(size=s)).astype(np.float32), name=name)
    w1, b1, w2 = mk("w1", 2, h), mk("b1", h), mk("w2", h, 1)
    log_nu = tf.Variable(np.float32(-0.5), name="log_nu")
    batch = {
        "x": rng.uniform(-1, 1, size=(n, 1)).astype(np.float32),
        "t": rng.uniform(0, 1, size=(n, 1)).astype(np.float32),
        "u_obs": rng.normal(size=(n, 1)).astype(np.float32),
    }

    def net(x, t):
        return tf.tanh(tf.concat([x, t], 1) @ w1 + b1) @ w2

    def reference(b):
        z = tf.concat([b["x"], b["t"]], 1) @ w1 + b1           # derivatives of the network written out
        a = tf.tanh(z)
        d1 = 1.0 - a ** 2
        d2 = -2.0 * a * d1
        u = a @ w2
        ux, ut = (d1 * w1[0]) @ w2, (d1 * w1[1]) @ w2
        uxx = (d2 * w1[0] ** 2) @ w2
        res = ut + u * ux - tf.exp(log_nu) * uxx
        return tf.reduce_mean(tf.square(u - b["u_obs"])) + tf.reduce_mean(tf.square(res))

    def candidate(b):
        x, t = b["x"], b["t"]
        with tf.GradientTape(persistent=True) as second:
            second.watch([x, t])
            with tf.GradientTape(persistent=True) as first:
                first.watch([x, t])
                u = net(x, t)
            u_x = first.gradient(u, x)
            u_t = first.gradient(u, t)
        u_xx = second.gradient(u, x)
        nu = tf.exp(log_nu)
        f = u_t + u * u_x - nu * u_xx
        loss_data = tf.reduce_mean((u - b["u_obs"]) ** 2)
        loss_res = tf.reduce_mean(f ** 2)
        return loss_data + loss_res

    return {"variables": [w1, b1, w2, log_nu], "batch": batch, "reference": reference, "candidate": candidate}
