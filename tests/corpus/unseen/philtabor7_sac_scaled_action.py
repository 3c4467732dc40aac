"""The SAC log-probability correction uses the action after scaling by max_action, so 1 - action^2 goes negative and the log is NaN. Source: https://github.com/philtabor/Actor-Critic-Methods-Paper-To-Code/issues/7"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "numerics",
    "line_marker": "log_probs -= tf.math.log(1 - tf.pow(action, 2) + reparam_noise)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    n, obs, n_actions = 8, 3, 2
    max_action, reparam_noise, alpha = 2.0, 1e-6, 0.2
    actor = tf.keras.Sequential([
        tf.keras.layers.Dense(16, activation="relu", kernel_initializer=tf.keras.initializers.GlorotUniform(seed=seed)),
        tf.keras.layers.Dense(2 * n_actions, kernel_initializer=tf.keras.initializers.GlorotUniform(seed=seed + 1)),
    ])
    actor.build((None, obs))
    critic_w = rng.normal(0, 0.5, (obs + n_actions, 8)).astype("float32")
    critic_v = rng.normal(0, 0.5, (8, 1)).astype("float32")

    def critic(state, action):
        return tf.squeeze(tf.nn.relu(tf.concat([state, action], 1) @ critic_w) @ critic_v, 1)

    def normal_log_prob(x, mu, sigma):
        return -0.5 * tf.square((x - mu) / sigma) - tf.math.log(sigma) - 0.5 * np.log(2.0 * np.pi).astype("float32")

    def sample_normal(batch):
        mu, sigma = tf.split(actor(batch["state"]), 2, axis=1)
        sigma = tf.clip_by_value(tf.nn.softplus(sigma), 1e-3, 1.0)
        actions = mu + sigma * batch["noise"]
        return actions, mu, sigma

    def reference(batch):
        actions, mu, sigma = sample_normal(batch)
        squashed = tf.tanh(actions)
        log_probs = normal_log_prob(actions, mu, sigma)
        log_probs -= tf.math.log(1 - tf.square(squashed) + reparam_noise)
        log_probs = tf.reduce_sum(log_probs, axis=1)
        return tf.reduce_mean(alpha * log_probs - critic(batch["state"], squashed * max_action))

    def candidate(batch):
        actions, mu, sigma = sample_normal(batch)
        action = tf.tanh(actions) * max_action
        log_probs = normal_log_prob(actions, mu, sigma)
        log_probs -= tf.math.log(1 - tf.pow(action, 2) + reparam_noise)
        log_probs = tf.reduce_sum(log_probs, axis=1)
        return tf.reduce_mean(alpha * log_probs - critic(batch["state"], action))

    batch = {
        "state": rng.normal(size=(n, obs)).astype("float32"),
        "noise": rng.normal(size=(n, n_actions)).astype("float32"),
    }
    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": actor.trainable_variables}
