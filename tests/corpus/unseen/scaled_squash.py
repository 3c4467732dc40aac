"""Second actor network of the three-actor SAC: the tanh correction is computed from the action already multiplied by
max_action. Source: https://github.com/RickYang2016/Bayesian-Soft-Actor-Critic/issues/3"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "log_probs = log_probs - tf.math.log(1.0 - tf.square(action) + noise)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    n, d, a = 6, 5, 2
    max_action, noise, alpha = 0.4, 1e-6, 0.2
    w_mu = tf.Variable((0.5 * rng.normal(size=(d, a))).astype(fx), name="w_mu")
    w_sig = tf.Variable((0.3 * rng.normal(size=(d, a))).astype(fx), name="w_sig")
    q_w = (0.5 * rng.normal(size=(d + a, 1))).astype(fx)
    half_log_2pi = 0.5 * np.log(2 * np.pi)

    def q_value(state, action):
        return tf.tanh(tf.concat([state, action], -1) @ q_w)

    def reference(batch):
        s = batch["state"]
        mu = s @ w_mu
        sigma = tf.nn.softplus(s @ w_sig) + 0.1
        u = mu + sigma * batch["eps"]
        squashed = tf.tanh(u)
        lp = -0.5 * tf.square(batch["eps"]) - tf.math.log(sigma) - half_log_2pi
        lp -= tf.math.log(1.0 - tf.square(squashed) + noise)
        lp = tf.reduce_sum(lp, axis=1, keepdims=True)
        return tf.reduce_mean(alpha * lp - q_value(s, max_action * squashed))

    def candidate(batch):
        state = batch["state"]
        mu = tf.matmul(state, w_mu)
        sigma = tf.nn.softplus(tf.matmul(state, w_sig)) + 0.1
        actions = mu + sigma * batch["eps"]
        action = tf.tanh(actions) * max_action
        z = (actions - mu) / sigma
        log_probs = -0.5 * tf.square(z) - tf.math.log(sigma) - half_log_2pi
        log_probs = log_probs - tf.math.log(1.0 - tf.square(action) + noise)
        log_probs = tf.reduce_sum(log_probs, axis=1, keepdims=True)
        critic = q_value(state, action)
        actor_loss = tf.reduce_mean(alpha * log_probs - critic)
        return actor_loss

    return {
        "reference": reference, "candidate": candidate,
        "batch": {
            "state": rng.normal(size=(n, d)).astype(fx),
            "eps": rng.normal(size=(n, a)).astype(fx),
        },
        "variables": [w_mu, w_sig],
    }
