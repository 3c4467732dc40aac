"""Dual-clip PPO: the maximum with c * adv has to be taken for negative advantages only; taken for all, it replaces the
objective of every sample with a positive advantage by a constant.
Source: https://github.com/thu-ml/tianshou/issues/433"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "clip_loss = -tf.reduce_mean(tf.maximum(tf.minimum(surr1, surr2), dual_clip * adv))",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, obs, act = 17, 6, 3
    mu_net = keras.layers.Dense(act, activation="tanh", name="mu")
    mu_net.build((None, obs))
    sigma = keras.Variable(np.full(act, -0.5).astype(f), name="log_sigma")
    eps_clip, dual_clip = 0.2, 3.0

    def reference(batch):
        var = tf.exp(2 * sigma)
        logp = -0.5 * ((batch["act"] - mu_net(batch["obs"])) ** 2 / var + tf.math.log(2 * np.pi * var))
        ratio = tf.exp(tf.reduce_sum(logp, 1) - batch["logp_old"])
        objs = []
        for r, a in zip(tf.unstack(ratio), tf.unstack(batch["adv"])):
            if a >= 0:
                objs.append(tf.minimum(r, 1 + eps_clip) * a)
            else:
                objs.append(tf.clip_by_value(r, 1 - eps_clip, dual_clip) * a)
        return -tf.add_n(objs) / n

    def candidate(batch):
        def dist_log_prob(mean, scale, value):
            z = (value - mean) / scale
            return tf.reduce_sum(-0.5 * z * z - tf.math.log(scale) - 0.5 * np.log(2 * np.pi), axis=-1)

        adv = batch["adv"]
        mean = mu_net(batch["obs"])
        ratio = tf.exp(dist_log_prob(mean, tf.exp(sigma) * tf.ones_like(mean), batch["act"]) - batch["logp_old"])
        surr1 = ratio * adv
        surr2 = tf.clip_by_value(ratio, 1.0 - eps_clip, 1.0 + eps_clip) * adv
        if dual_clip:
            clip_loss = -tf.reduce_mean(tf.maximum(tf.minimum(surr1, surr2), dual_clip * adv))
        else:
            clip_loss = -tf.reduce_mean(tf.minimum(surr1, surr2))
        return clip_loss

    return {
        "reference": reference,
        "candidate": candidate,
        "batch": {
            "obs": rng.standard_normal((n, obs)).astype(f),
            "act": (0.6 * rng.standard_normal((n, act))).astype(f),
            "logp_old": (-2.6 + 0.5 * rng.standard_normal(n)).astype(f),
            "adv": rng.standard_normal(n).astype(f),
        },
        "variables": mu_net.trainable_variables + [sigma],
    }
