"""softlearning SAC: the policy losses are not averaged before the gradient, so actor and temperature are weighted
inconsistently with the critics. Source: https://github.com/rail-berkeley/softlearning/issues/141"""
import numpy as np
import tensorflow as tf
import keras
EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "policy_loss = tf.reduce_sum(policy_losses)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    f = lambda *s: rng.normal(size=s).astype(fx)
    n, obs, act = 6, 4, 2
    pi = tf.Variable(0.5 * f(obs, 2 * act), name="policy")
    log_alpha = tf.Variable(np.array(-0.7, dtype=fx), name="log_alpha")
    q_w = tf.constant(f(2, obs + act, 1))

    def sample(s, eps):
        mu, log_std = tf.split(s @ pi, 2, axis=-1)
        log_std = tf.clip_by_value(log_std, -2.0, 1.0)
        a = tf.tanh(mu + tf.exp(log_std) * eps)
        logp = tf.reduce_sum(-0.5 * eps ** 2 - log_std - tf.math.log(1.0 - a ** 2 + 1e-6), -1)
        return a, logp

    def reference(batch):
        a, logp = sample(batch["obs"], batch["eps"])
        x = tf.concat([batch["obs"], a], -1)
        q = tf.minimum(x @ q_w[0], x @ q_w[1])[:, 0]
        actor = tf.reduce_mean(tf.stop_gradient(tf.exp(log_alpha)) * logp - q)
        temp = -tf.exp(log_alpha) * tf.reduce_mean(tf.stop_gradient(logp) - act)
        return actor + temp

    def candidate(batch):
        actions, log_pis = sample(batch["obs"], batch["eps"])
        alpha = tf.exp(log_alpha)
        inputs = tf.concat([batch["obs"], actions], axis=-1)
        Qs_log_targets = tf.stack([tf.matmul(inputs, q_w[i]) for i in range(2)])
        Q_log_targets = tf.squeeze(tf.reduce_min(Qs_log_targets, axis=0), axis=-1)

        policy_losses = tf.stop_gradient(alpha) * log_pis - Q_log_targets
        policy_loss = tf.reduce_sum(policy_losses)

        target_entropy = -float(act)
        alpha_losses = -1.0 * (alpha * tf.stop_gradient(log_pis + target_entropy))
        alpha_loss = tf.reduce_mean(alpha_losses)
        return policy_loss + alpha_loss

    return {"reference": reference, "candidate": candidate, "batch": {"obs": f(n, obs), "eps": f(n, act)},
            "variables": [pi, log_alpha]}
