"""A2C in Keras: the policy loss reaches the value head through the advantages.
Source: https://github.com/icoxfog417/baby-steps-of-rl-ja/issues/16"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {"equivalent": False, "cause": "stop_gradient",
            "line_marker": "advantages = batch[\"rewards\"] - values", "same_forward_value": True}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    B, d, A = 6, 5, 3
    trunk = keras.layers.Dense(6, activation="tanh", name="trunk")
    actor = keras.layers.Dense(A, name="actor_layer")
    critic = keras.layers.Dense(1, name="critic_layer")
    for layer, n in ((trunk, d), (actor, 6), (critic, 6)):
        layer.build((None, n))

    def reference(batch):
        feat = trunk(batch["states"])
        logits = actor(feat)
        v = critic(feat)[:, 0]
        adv = tf.stop_gradient(batch["rewards"] - v)
        p = tf.nn.softmax(logits)
        nll = -tf.math.log(tf.gather(p, batch["actions"], batch_dims=1))
        ent = -tf.reduce_sum(p * tf.nn.log_softmax(logits), 1)
        return tf.reduce_mean(nll * adv) + tf.reduce_mean((batch["rewards"] - v) ** 2) - 0.1 * tf.reduce_mean(ent)

    def candidate(batch):
        feature = trunk(batch["states"])
        action_evals = actor(feature)
        values = tf.reshape(critic(feature), [-1])
        neg_logs = tf.nn.sparse_softmax_cross_entropy_with_logits(logits=action_evals, labels=batch["actions"])
        advantages = batch["rewards"] - values
        policy_loss = tf.reduce_mean(neg_logs * advantages)
        value_loss = tf.reduce_mean(tf.square(batch["rewards"] - values))
        log_p = tf.nn.log_softmax(action_evals, axis=-1)
        action_entropy = tf.reduce_mean(-tf.reduce_sum(tf.exp(log_p) * log_p, axis=-1))
        loss = policy_loss + value_loss
        loss -= 0.1 * action_entropy
        return loss

    return {"reference": reference, "candidate": candidate,
            "batch": {"states": rng.normal(size=(B, d)).astype(fx), "actions": rng.integers(0, A, B),
                      "rewards": (2 * rng.normal(size=B)).astype(fx)},
            "variables": trunk.trainable_variables + actor.trainable_variables + critic.trainable_variables}
