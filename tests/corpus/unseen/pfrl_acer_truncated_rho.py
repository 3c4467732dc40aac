"""ACER: v_target and the retrace factor use min(1, rho), although section 3.1 of the paper truncates at a constant c.

Source (real): https://github.com/pfnet/pfrl/issues/198 (PyTorch; the reporter: "There is no mistake", see algorithm 2 of the paper).
Right answer: EQUIVALENT to retrace with min(1, rho) written out as a sum.
"""
import keras
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
    f = keras.config.floatx()
    n, steps, d, acts, gamma = 14, 5, 4, 3, 0.95

    def arr(*s):
        return rng.standard_normal(s).astype(f)
    w_v = tf.Variable(0.6 * arr(d), name="v_head")
    w_q = tf.Variable(0.5 * arr(d, acts), name="adv_head")
    batch = {
        "state": arr(n, steps, d), "action": rng.integers(0, acts, (n, steps)), "reward": arr(n, steps),
        "rho": np.exp(0.7 * arr(n, steps)), "v_last": arr(n),
    }

    def values(b):
        v = tf.linalg.matvec(b["state"], w_v)
        return v + tf.gather(tf.tanh(b["state"] @ w_q), b["action"], batch_dims=2), v

    def reference(b):
        qs, vs = values(b)
        q, v = tf.stop_gradient(qs), tf.stop_gradient(vs)
        total = 0.0
        for i in range(b["state"].shape[0]):
            for s in range(steps):
                correction, weight = 0.0, 1.0
                for k in range(s, steps):
                    v_next = v[i, k + 1] if k + 1 < steps else b["v_last"][i]
                    correction += weight * (b["reward"][i, k] + gamma * v_next - q[i, k])
                    if k + 1 < steps:
                        weight *= gamma * tf.minimum(1.0, b["rho"][i, k + 1])
                total += 0.5 * (q[i, s] + correction - qs[i, s]) ** 2
                total += 0.5 * (v[i, s] + tf.minimum(1.0, b["rho"][i, s]) * correction - vs[i, s]) ** 2
        return total / (b["state"].shape[0] * steps)

    def candidate(b):
        Q, V = values(b)
        Q_ret = b["v_last"]
        Q_loss, v_loss = 0.0, 0.0
        for i in reversed(range(steps)):
            v, q, rho = V[:, i], Q[:, i], b["rho"][:, i]
            Q_ret = b["reward"][:, i] + gamma * Q_ret
            ba_q, ba_v = tf.stop_gradient(q), tf.stop_gradient(v)
            v_target = tf.minimum(1.0, rho) * (Q_ret - ba_q) + ba_v
            v_loss += tf.reduce_mean((v_target - v) ** 2) / 2
            Q_loss += tf.reduce_mean((Q_ret - q) ** 2) / 2
            c = tf.minimum(1.0, rho)
            Q_ret = c * (Q_ret - ba_q) + ba_v
        return (Q_loss + v_loss) / steps

    return {"variables": [w_v, w_q], "batch": batch, "reference": reference, "candidate": candidate}
