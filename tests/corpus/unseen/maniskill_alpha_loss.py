"""SAC in ManiSkill: log_pi is not detached in the temperature loss, so it also moves the actor. Source: https://github.com/mani-skill/ManiSkill/issues/899"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "stop_gradient",
    "line_marker": "alpha_loss = tf.reduce_mean(-tf.exp(log_alpha) * (log_pi + target_entropy))",
    "same_forward_value": True,
}

LOG_STD_MAX, LOG_STD_MIN = 2.0, -5.0


class Actor(tf.keras.Model):
    def __init__(self, act_dim):
        super().__init__()
        self.fc1 = tf.keras.layers.Dense(12, activation="relu")
        self.fc_mean = tf.keras.layers.Dense(act_dim)
        self.fc_logstd = tf.keras.layers.Dense(act_dim)

    def get_action(self, obs, noise):
        h = self.fc1(obs)
        log_std = tf.tanh(self.fc_logstd(h))
        log_std = LOG_STD_MIN + 0.5 * (LOG_STD_MAX - LOG_STD_MIN) * (log_std + 1)
        x_t = self.fc_mean(h) + tf.exp(log_std) * noise
        y_t = tf.tanh(x_t)
        log_prob = -0.5 * noise ** 2 - log_std - 0.5 * np.log(2 * np.pi)
        log_prob -= tf.math.log(1.0 - y_t ** 2 + 1e-6)
        return y_t, tf.reduce_sum(log_prob, axis=1, keepdims=True)


def build(seed=0):
    rng = np.random.default_rng(seed)
    tf.keras.utils.set_random_seed(seed)
    n, obs_dim, act_dim = 8, 5, 2
    actor = Actor(act_dim)
    make_q = lambda: tf.keras.Sequential([tf.keras.layers.Input((obs_dim + act_dim,)), tf.keras.layers.Dense(12, activation="relu"), tf.keras.layers.Dense(1)])
    qf1, qf2 = make_q(), make_q()
    log_alpha = tf.Variable(-0.4, name="log_alpha")
    target_entropy = -float(act_dim)
    obs, noise = rng.normal(size=(n, obs_dim)).astype(np.float32), rng.normal(size=(n, act_dim)).astype(np.float32)
    actor.get_action(obs, noise)

    def min_q(obs, pi):
        sa = tf.concat([obs, pi], axis=1)
        return tf.minimum(qf1(sa), qf2(sa))

    def reference(batch):
        pi, log_prob = actor.get_action(batch["obs"], batch["noise"])
        alpha = tf.exp(log_alpha)
        policy = tf.reduce_mean(tf.stop_gradient(alpha) * log_prob - min_q(batch["obs"], pi))
        temperature = -alpha * tf.reduce_mean(tf.stop_gradient(log_prob + target_entropy))
        return policy + temperature

    def candidate(batch):
        pi, log_pi = actor.get_action(batch["obs"], batch["noise"])
        alpha = tf.stop_gradient(tf.exp(log_alpha))
        actor_loss = tf.reduce_mean((alpha * log_pi) - min_q(batch["obs"], pi))
        alpha_loss = tf.reduce_mean(-tf.exp(log_alpha) * (log_pi + target_entropy))
        return actor_loss + alpha_loss

    return {"reference": reference, "candidate": candidate, "batch": {"obs": obs, "noise": noise}, "variables": actor.trainable_variables + [log_alpha]}
