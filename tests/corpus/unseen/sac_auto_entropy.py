"""target_entropy='auto' does not take the number of action dimensions into account. Source: https://github.com/pytorch/rl/pull/3292"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": 'target_entropy = -float(np.prod(action_spec_shape[:-1]))',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()

    def normal(*shape, scale=1.0):
        return (scale * rng.standard_normal(shape)).astype(fx)

    def var(name, *shape, scale=1.0):
        return tf.Variable(normal(*shape, scale=scale), name=name)

    b, s, a = 6, 4, 3
    obs = normal(b, s)
    noise = normal(b, a)
    valid = np.array([1, 1, 0, 1, 1, 1], dtype=fx)
    w_mu = var("w_mu", s, a, scale=0.5)
    w_ls = var("w_ls", s, a, scale=0.3)
    log_alpha = tf.Variable(np.array(0.3, dtype=fx), name="log_alpha")
    wq = normal(s + a, 1)

    def reference(batch):
        entropy_goal = -float(a)
        actor, temperature, count = 0.0, 0.0, 0.0
        for i in range(b):
            o = batch["obs"][i][None]
            log_std = tf.clip_by_value(o @ w_ls, -5.0, 2.0)
            pre = o @ w_mu + tf.exp(log_std) * batch["noise"][i]
            act = tf.tanh(pre)
            gauss = -0.5 * batch["noise"][i] ** 2 - log_std - 0.5 * np.log(2 * np.pi)
            logp = tf.reduce_sum(gauss - tf.math.log(1.0 - act ** 2 + 1e-6))
            q = (tf.concat([o, act], 1) @ wq)[0, 0]
            m = batch["valid"][i]
            actor += m * (tf.stop_gradient(tf.exp(log_alpha)) * logp - q)
            temperature -= m * tf.exp(log_alpha) * tf.stop_gradient(logp + entropy_goal)
            count += m
        return (actor + temperature) / count

    def candidate(batch):
        action_spec_shape = (1, a)
        target_entropy = -float(np.prod(action_spec_shape[:-1]))
        mean = tf.matmul(batch["obs"], w_mu)
        log_scale = tf.clip_by_value(tf.matmul(batch["obs"], w_ls), -5.0, 2.0)
        action = tf.tanh(mean + tf.exp(log_scale) * batch["noise"])
        base = -0.5 * tf.square(batch["noise"]) - log_scale - 0.5 * np.log(2 * np.pi)
        log_prob = tf.reduce_sum(base - tf.math.log(1.0 - tf.square(action) + 1e-6), axis=-1)
        qval = tf.squeeze(tf.matmul(tf.concat([batch["obs"], action], axis=-1), wq), -1)
        alpha = tf.exp(log_alpha)
        loss_actor = tf.stop_gradient(alpha) * log_prob - qval
        loss_alpha = -alpha * tf.stop_gradient(log_prob + target_entropy)
        mask = batch["valid"]
        return tf.reduce_sum(mask * (loss_actor + loss_alpha)) / tf.reduce_sum(mask)

    return {"reference": reference, "candidate": candidate,
            "batch": {"obs": obs, "noise": noise, "valid": valid},
            "variables": [w_mu, w_ls, log_alpha]}
