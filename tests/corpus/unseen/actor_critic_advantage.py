"""Actor-critic notebook: log_probs has shape [80], the advantage [80, 1], their product is [80, 80].
Source: https://github.com/higgsfield-ai/higgsfield/issues/24"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "broadcast",
    "line_marker": "actor_loss = -tf.reduce_mean(log_probs * tf.stop_gradient(advantage))",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    steps, envs, obs_dim, n_act = 3, 2, 4, 3
    n = steps * envs
    states = rng.normal(size=(steps, envs, obs_dim)).astype(fx)
    actions = rng.integers(0, n_act, size=(steps, envs))
    returns = (2.0 * rng.normal(size=(n, 1))).astype(fx)
    actor = keras.Sequential([keras.layers.Input((obs_dim,)), keras.layers.Dense(5, "tanh", name="actor_h"),
                              keras.layers.Dense(n_act, name="actor_out")])
    critic = keras.Sequential([keras.layers.Input((obs_dim,)), keras.layers.Dense(5, "tanh", name="critic_h"),
                               keras.layers.Dense(1, name="critic_out")])

    def reference(batch):
        flat = tf.reshape(batch["states"], (n, obs_dim))
        logp = tf.nn.log_softmax(actor(flat))
        picked = tf.gather(logp, tf.reshape(batch["actions"], (-1,)), batch_dims=1)
        value = critic(flat)[:, 0]
        adv = batch["returns"][:, 0] - value
        pg = -tf.reduce_sum(picked * tf.stop_gradient(adv)) / n
        entropy = -tf.reduce_mean(tf.reduce_sum(tf.exp(logp) * logp, axis=1))
        return pg + 0.5 * tf.reduce_mean(adv ** 2) - 0.001 * entropy

    def candidate(batch):
        log_probs, values, entropy = [], [], 0.0
        for step in range(steps):
            state = batch["states"][step]
            logits, value = actor(state), critic(state)
            dist = tf.nn.log_softmax(logits)
            log_probs.append(tf.gather(dist, batch["actions"][step], batch_dims=1))
            entropy += tf.reduce_mean(-tf.reduce_sum(tf.exp(dist) * dist, axis=1)) / steps
            values.append(value)

        log_probs = tf.concat(log_probs, axis=0)
        values = tf.concat(values, axis=0)
        advantage = batch["returns"] - values

        actor_loss = -tf.reduce_mean(log_probs * tf.stop_gradient(advantage))
        critic_loss = tf.reduce_mean(tf.square(advantage))
        return actor_loss + 0.5 * critic_loss - 0.001 * entropy

    return {"reference": reference, "candidate": candidate,
            "batch": {"states": states, "actions": actions, "returns": returns},
            "variables": actor.trainable_variables + critic.trainable_variables}
