"""The advantage subtracts a value head of shape (batch, 1) from returns of shape (batch,), giving a (batch, batch) matrix. Source: https://github.com/PacktPublishing/Deep-Reinforcement-Learning-Hands-On/issues/33"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "broadcast",
    "line_marker": "adv_v = vals_ref_v - tf.stop_gradient(value_v)",
    "same_forward_value": False,
}

ENTROPY_BETA = 0.01


class AtariA2C(tf.keras.Model):
    def __init__(self, n_actions, seed):
        super().__init__()
        init = lambda k: tf.keras.initializers.GlorotUniform(seed=seed + k)
        self.body = tf.keras.layers.Dense(16, activation="relu", kernel_initializer=init(1))
        self.policy = tf.keras.layers.Dense(n_actions, kernel_initializer=init(2))
        self.value = tf.keras.layers.Dense(1, kernel_initializer=init(3))

    def call(self, x):
        h = self.body(x)
        return self.policy(h), self.value(h)


def build(seed=0):
    rng = np.random.default_rng(seed)
    n, obs, n_actions = 8, 5, 4
    states = rng.normal(size=(n, obs)).astype("float32")
    net = AtariA2C(n_actions, seed)
    net(tf.constant(states))

    def reference(batch):
        logits, value = net(batch["states"])
        value = tf.squeeze(value, -1)
        nll = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=batch["actions"], logits=logits)
        advantage = batch["vals_ref"] - tf.stop_gradient(value)
        probs = tf.nn.softmax(logits)
        entropy = -tf.reduce_mean(tf.reduce_sum(probs * tf.nn.log_softmax(logits), axis=1))
        return (tf.reduce_mean(nll * advantage)
                + tf.reduce_mean(tf.square(value - batch["vals_ref"]))
                - ENTROPY_BETA * entropy)

    def candidate(batch):
        logits_v, value_v = net(batch["states"])
        vals_ref_v = batch["vals_ref"]
        loss_value_v = tf.reduce_mean((tf.squeeze(value_v, -1) - vals_ref_v) ** 2)
        log_prob_v = tf.nn.log_softmax(logits_v, axis=1)
        adv_v = vals_ref_v - tf.stop_gradient(value_v)
        picked = tf.gather(log_prob_v, batch["actions"], axis=1, batch_dims=1)
        log_prob_actions_v = adv_v * picked
        loss_policy_v = -tf.reduce_mean(log_prob_actions_v)
        prob_v = tf.nn.softmax(logits_v, axis=1)
        entropy_loss_v = ENTROPY_BETA * tf.reduce_mean(tf.reduce_sum(prob_v * log_prob_v, axis=1))
        return loss_policy_v + entropy_loss_v + loss_value_v

    batch = {
        "states": states,
        "actions": rng.integers(0, n_actions, size=n).astype("int32"),
        "vals_ref": rng.normal(1.0, 1.5, size=n).astype("float32"),
    }
    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": net.trainable_variables}
