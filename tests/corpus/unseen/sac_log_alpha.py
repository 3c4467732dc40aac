"""SAC temperature: the loss multiplies self.log_alpha with the entropy gap instead of alpha, which would depend on
log_alpha by exp.
Source: https://github.com/BY571/Soft-Actor-Critic-and-Extensions/issues/3"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "alpha_loss = -tf.reduce_mean(log_alpha * tf.stop_gradient(log_pis + target_entropy))",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()

    def var(name, *shape, s=0.5):
        return tf.Variable((s * rng.normal(size=shape)).astype(fx), name=name)

    n, d, k = 6, 4, 2
    w_mu, w_ls = var("w_mu", d, k), var("w_ls", d, k, s=0.2)
    log_alpha = tf.Variable(np.array(-0.9, fx), name="log_alpha")
    wq = (0.6 * rng.normal(size=(d + k, 5))).astype(fx)
    vq = rng.normal(size=(5, 1)).astype(fx)
    target_entropy = -float(k)

    def reference(batch):
        mu, log_std = batch["s"] @ w_mu, tf.clip_by_value(batch["s"] @ w_ls, -20.0, 2.0)
        u = mu + tf.exp(log_std) * batch["eps"]
        a = tf.tanh(u)
        logp = tf.reduce_sum(-0.5 * batch["eps"] ** 2 - log_std - 0.5 * np.log(2 * np.pi) - tf.math.log(1.0 - a ** 2 + 1e-6), 1)
        q = (tf.nn.relu(tf.concat([batch["s"], a], 1) @ wq) @ vq)[:, 0]
        temperature = tf.exp(log_alpha)
        actor = tf.reduce_mean(tf.stop_gradient(temperature) * logp - q)
        gap = tf.reduce_mean(tf.stop_gradient(logp)) + target_entropy
        return actor - temperature * gap

    def candidate(batch):
        states = batch["s"]
        mean = tf.matmul(states, w_mu)
        log_std = tf.clip_by_value(tf.matmul(states, w_ls), -20.0, 2.0)
        actions_pred = tf.tanh(mean + tf.exp(log_std) * batch["eps"])
        gauss = -0.5 * tf.square(batch["eps"]) - log_std - 0.5 * np.log(2.0 * np.pi)
        log_pis = tf.reduce_sum(gauss - tf.math.log(1.0 - tf.square(actions_pred) + 1e-6), axis=1)
        alpha_loss = -tf.reduce_mean(log_alpha * tf.stop_gradient(log_pis + target_entropy))
        alpha = tf.stop_gradient(tf.exp(log_alpha))
        hidden = tf.nn.relu(tf.matmul(tf.concat([states, actions_pred], axis=1), wq))
        q_value = tf.squeeze(tf.matmul(hidden, vq), axis=1)
        actor_loss = tf.reduce_mean(alpha * log_pis - q_value)
        return actor_loss + alpha_loss

    return {"reference": reference, "candidate": candidate,
            "batch": {"s": rng.normal(size=(n, d)).astype(fx), "eps": rng.normal(size=(n, k)).astype(fx)},
            "variables": [w_mu, w_ls, log_alpha]}
