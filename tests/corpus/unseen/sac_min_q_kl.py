"""SAC policy update regresses on the first Q function alone, whereas equation 13 takes the minimum of both.
Source: https://github.com/haarnoja/sac/pull/37"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {"equivalent": False, "cause": "other",
            "line_marker": "log_target = tf.squeeze(qf1_t, axis=-1)", "same_forward_value": False}


def build(seed=0):
    rng = np.random.default_rng(seed)
    fx = keras.config.floatx()
    B, d, A, h, alpha = 6, 4, 2, 5, 0.2
    mw = tf.Variable((0.5 * rng.normal(size=(d, A))).astype(fx), name="policy_mean")
    sw = tf.Variable((0.2 * rng.normal(size=(d, A))).astype(fx), name="policy_log_std")
    nets = [(rng.normal(size=(d + A, h)).astype(fx), rng.normal(size=(h, 1)).astype(fx)) for _ in range(2)]

    def reference(batch):
        ls = batch["obs"] @ sw
        raw = batch["obs"] @ mw + tf.exp(ls) * batch["eps"]
        act = tf.tanh(raw)
        logp = tf.reduce_sum(-0.5 * batch["eps"] ** 2 - ls - 0.5 * np.log(2 * np.pi), 1)
        logp -= tf.reduce_sum(tf.math.log(1 - act ** 2 + 1e-6), 1)
        qs = [tf.reshape(tf.nn.elu(tf.concat([batch["obs"], act], 1) @ k1) @ k2, [-1]) for k1, k2 in nets]
        return tf.reduce_mean(alpha * logp - tf.minimum(qs[0], qs[1])) + 1e-3 * tf.reduce_mean(ls ** 2)

    def candidate(batch):
        def qf(index, observations, actions):
            kernel, out = nets[index]
            hidden = tf.nn.elu(tf.matmul(tf.concat([observations, actions], axis=-1), kernel))
            return tf.matmul(hidden, out)

        mean, log_std = tf.matmul(batch["obs"], mw), tf.matmul(batch["obs"], sw)
        raw_actions = mean + tf.exp(log_std) * batch["eps"]
        actions = tf.tanh(raw_actions)
        gauss = -0.5 * tf.square((raw_actions - mean) / tf.exp(log_std)) - log_std - 0.5 * np.log(2 * np.pi)
        squash_correction = tf.reduce_sum(tf.math.log(1 - tf.square(actions) + 1e-6), axis=1)
        log_pi = tf.reduce_sum(gauss, axis=1) - squash_correction
        qf1_t = qf(0, batch["obs"], actions)
        log_target = tf.squeeze(qf1_t, axis=-1)
        policy_kl_loss = tf.reduce_mean(alpha * log_pi - log_target)
        policy_regularization_loss = 1e-3 * tf.reduce_mean(tf.square(log_std))
        return policy_kl_loss + policy_regularization_loss

    return {"reference": reference, "candidate": candidate,
            "batch": {"obs": rng.normal(size=(B, d)).astype(fx), "eps": rng.normal(size=(B, A)).astype(fx)},
            "variables": [mw, sw]}
