"""Suspected: the lambda-returns seem to combine r_t with v(s_t); with the first reward dropped the alignment is right.
Source: https://github.com/danijar/dreamerv3/issues/14"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": True,
    "cause": "none",
    "line_marker": None,
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    horizon, b, d, lam = 6, 4, 5, 0.9
    w = tf.Variable(rng.normal(size=(d, 1)).astype(fx), name="critic_w")
    bias = tf.Variable(np.array([0.2], dtype=fx), name="critic_b")
    slow = rng.normal(size=(d, 1)).astype(fx)

    def reference(batch):
        s, r, c = batch["feat"], batch["reward"], batch["cont"]
        v_slow = tf.squeeze(s @ slow, -1)
        loss, total = 0.0, horizon * b
        for t in range(horizon):
            ret = v_slow[horizon]
            for k in range(horizon, t, -1):
                ret = r[k] + c[k] * ((1 - lam) * v_slow[k] + lam * ret)
            weight = tf.ones_like(ret)
            for k in range(t + 1):
                weight = weight * c[k]
            v = tf.squeeze(s[t] @ w, -1) + bias
            loss += tf.reduce_sum(tf.stop_gradient(weight) * (v - tf.stop_gradient(ret)) ** 2) / total
        return loss

    def candidate(batch):
        traj = batch
        rew = traj["reward"][1:]
        disc = traj["cont"][1:]
        value = tf.squeeze(tf.tensordot(traj["feat"], slow, axes=1), -1)
        interm = rew + disc * value[1:] * (1.0 - lam)
        vals = [value[-1]]
        for t in reversed(range(horizon)):
            vals.append(interm[t] + disc[t] * lam * vals[-1])
        ret = tf.stop_gradient(tf.stack(list(reversed(vals))[:-1]))
        weight = tf.stop_gradient(tf.math.cumprod(traj["cont"], axis=0)[:-1])
        pred = tf.squeeze(tf.tensordot(traj["feat"][:-1], w, axes=1), -1) + bias
        return tf.reduce_mean(weight * tf.square(ret - pred))

    return {
        "reference": reference, "candidate": candidate,
        "batch": {
            "feat": rng.normal(size=(horizon + 1, b, d)).astype(fx),
            "reward": rng.normal(size=(horizon + 1, b)).astype(fx),
            "cont": rng.uniform(0.7, 1.0, size=(horizon + 1, b)).astype(fx),
        },
        "variables": [w, bias],
    }
