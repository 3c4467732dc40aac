"""PPO actor loss is left as one number per sample (the reduce_mean is commented out), so the tape silently differentiates the sum. Source: https://github.com/keras-team/tf-keras/issues/664"""
import numpy as np
import tensorflow as tf
from tensorflow import keras

EXPECTED = {
    "equivalent": False,
    "cause": "loss_shape",
    "line_marker": "actor_loss = -tf.math.minimum(weighted_probs, weighted_clipped_probs)",
    "same_forward_value": False,
}


class ActorNetwork(keras.Model):
    def __init__(self, n_actions, seed, fc1_dims=16):
        super().__init__()
        self.fc1 = keras.layers.Dense(fc1_dims, activation="relu", kernel_initializer=keras.initializers.GlorotUniform(seed=seed))
        self.fc2 = keras.layers.Dense(n_actions, activation="softmax", kernel_initializer=keras.initializers.GlorotUniform(seed=seed + 1))

    def call(self, state):
        return self.fc2(self.fc1(state))


def build(seed=0):
    rng = np.random.default_rng(seed)
    n, obs, n_actions, policy_clip = 6, 4, 3, 0.2
    actor = ActorNetwork(n_actions, seed)
    states = rng.normal(size=(n, obs)).astype("float32")
    probs0 = actor(tf.constant(states)).numpy()

    def log_prob(probs, actions):
        return tf.math.log(tf.gather(probs, actions, axis=1, batch_dims=1))

    def reference(batch):
        probs = actor(batch["states"])
        ratio = tf.exp(log_prob(probs, batch["actions"]) - batch["old_probs"])
        adv = batch["advantage"]
        surrogate = tf.minimum(ratio * adv, tf.clip_by_value(ratio, 1 - policy_clip, 1 + policy_clip) * adv)
        neg_entropy = tf.reduce_mean(probs * tf.math.log(probs), axis=1)
        return tf.reduce_mean(neg_entropy) - tf.reduce_mean(surrogate)

    def candidate(batch):
        probs = actor(batch["states"])
        new_probs = log_prob(probs, batch["actions"])
        prob_ratio = tf.math.exp(new_probs - batch["old_probs"])
        weighted_probs = batch["advantage"] * prob_ratio
        clipped_probs = tf.clip_by_value(prob_ratio, 1 - policy_clip, 1 + policy_clip)
        weighted_clipped_probs = clipped_probs * batch["advantage"]
        actor_loss = -tf.math.minimum(weighted_probs, weighted_clipped_probs)
        # actor_loss = tf.math.reduce_mean(actor_loss)
        entropy = tf.math.reduce_mean(probs * tf.math.log(probs), 1)
        total_actor_loss = actor_loss + entropy
        return total_actor_loss

    actions = rng.integers(0, n_actions, n).astype("int32")
    batch = {
        "states": states,
        "actions": actions,
        "old_probs": (np.log(probs0[np.arange(n), actions]) + rng.normal(0, 0.15, n)).astype("float32"),
        "advantage": rng.normal(size=n).astype("float32"),
    }
    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": actor.trainable_variables}
