"""TD(lambda) critic: GAE by one triangular matrix product and -mean(sg(adv) * v) instead of a squared error.

Source (realistic): compact JAX/TF agents compute GAE as deltas @ (gamma*lambda)^(t-s) and use the semi-gradient trick.
Right answer: EQUIVALENT gradients, DIFFERENT value; the sum of decayed TD errors telescopes to lambda-return - v, and
d/dw 0.5 (v - sg(G))^2 = -(G - v) dv/dw.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": False}

_GAMMA, _LAM = 0.95, 0.8


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, t, d = 12, 5, 4
    w = tf.Variable((0.6 * rng.standard_normal((d, 1))).astype(f), name="critic_w")
    c = tf.Variable((0.1 * rng.standard_normal(1)).astype(f), name="critic_b")
    batch = {
        "obs": rng.standard_normal((n, t + 1, d)).astype(f),
        "rew": (1.0 + rng.standard_normal((n, t))).astype(f),
    }

    def value(obs):
        return tf.squeeze(tf.tensordot(tf.tanh(obs), w, 1), -1) + c

    def reference(b):
        m = b["rew"].shape[0]
        total = 0.0
        for i in range(m):
            v, r = value(b["obs"][i]), b["rew"][i]
            fixed = tf.stop_gradient(v)
            for s in range(t):
                n_step = []
                for k in range(1, t - s + 1):
                    n_step.append(sum(_GAMMA**j * r[s + j] for j in range(k)) + _GAMMA**k * fixed[s + k])
                ret = (1 - _LAM) * sum(_LAM ** (k - 1) * g for k, g in enumerate(n_step[:-1], 1))
                ret += _LAM ** (len(n_step) - 1) * n_step[-1]
                total += 0.5 * tf.square(v[s] - ret)
        return total / (m * t)

    def candidate(b):
        v = value(b["obs"])
        delta = b["rew"] + _GAMMA * v[:, 1:] - v[:, :-1]
        steps = np.arange(t)
        lag = steps[:, None] - steps[None, :]
        decay = np.where(lag >= 0, (_GAMMA * _LAM) ** np.maximum(lag, 0), 0.0).astype(f)
        adv = tf.stop_gradient(delta @ decay)
        return -tf.reduce_mean(adv * v[:, :-1])

    return {"variables": [w, c], "batch": batch, "reference": reference, "candidate": candidate}
