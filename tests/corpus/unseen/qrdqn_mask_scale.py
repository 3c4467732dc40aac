"""QR-DQN multiplies the bootstrap by (1 - terminated) where the fix selects with a mask; for finite values identical.
Source: https://github.com/anthonytorlucci/rlevo/pull/1074"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    b, ds, na, nq, gamma, kappa = 5, 4, 3, 6, 0.95, 1.0
    w = tf.Variable(rng.normal(size=(ds, na * nq)).astype(fx), name="online")
    w_tgt = tf.constant(rng.normal(size=(ds, na * nq)).astype(fx))

    def quantiles(x, weight):
        return tf.reshape(tf.tanh(x) @ weight, (-1, na, nq))

    def reference(batch):
        nxt = quantiles(batch["next_obs"], w_tgt)
        best = tf.argmax(tf.reduce_mean(nxt, axis=2), axis=1)
        boot = tf.gather(nxt, best, axis=1, batch_dims=1)
        ended = batch["terminated"][:, None] > 0.5
        y = batch["reward"][:, None] + tf.where(ended, tf.zeros_like(boot), gamma * boot)
        theta = tf.gather(quantiles(batch["obs"], w), batch["action"], axis=1, batch_dims=1)
        u = tf.stop_gradient(y)[:, None, :] - theta[:, :, None]
        tau = (tf.range(nq, dtype=theta.dtype) + 0.5) / nq
        hub = tf.where(tf.abs(u) <= kappa, 0.5 * u * u, kappa * (tf.abs(u) - 0.5 * kappa))
        weight = tf.abs(tau[None, :, None] - tf.cast(u < 0, u.dtype))
        return tf.reduce_mean(tf.reduce_sum(tf.reduce_mean(weight * hub, axis=2), axis=1))

    def candidate(batch):
        not_done = 1.0 - batch["terminated"]
        theta_all = quantiles(batch["obs"], w)
        next_all = quantiles(batch["next_obs"], w_tgt)
        loss = 0.0
        for k in range(b):
            star = tf.argmax(tf.reduce_sum(next_all[k], axis=-1))
            target = batch["reward"][k] + not_done[k] * gamma * tf.gather(next_all[k], star)
            pred = tf.gather(theta_all[k], batch["action"][k])
            for i in range(nq):
                mid = (2 * i + 1) / (2 * nq)
                td = tf.stop_gradient(target) - pred[i]
                clipped = tf.clip_by_value(tf.abs(td), 0.0, kappa)
                h = 0.5 * clipped ** 2 + kappa * (tf.abs(td) - clipped)
                loss += tf.reduce_mean(tf.abs(mid - tf.cast(td < 0, td.dtype)) * h)
        return loss / b

    return {"reference": reference, "candidate": candidate,
            "batch": {"obs": rng.normal(size=(b, ds)).astype(fx), "next_obs": rng.normal(size=(b, ds)).astype(fx),
                      "action": rng.integers(0, na, b).astype("int32"), "reward": rng.normal(size=b).astype(fx),
                      "terminated": np.array([0, 1, 0, 0, 1]).astype(fx)},
            "variables": [w]}
