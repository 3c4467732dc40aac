"""PPO with an action mask and entropy regularisation: masked logits are -inf, the entropy multiplies probability zero by a
log-probability of -inf, and loss and gradient become NaN.
Source: https://github.com/tensorflow/agents/issues/562"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "numerics",
    "line_marker": "entropy = -tf.reduce_sum(probs * log_probs, axis=-1)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, obs, acts = 13, 5, 6
    torso = keras.layers.Dense(8, activation="relu", name="torso")
    logits_layer = keras.layers.Dense(acts, name="logits")
    torso.build((None, obs))
    logits_layer.build((None, 8))
    ent_reg = 0.02

    def reference(batch):
        raw = logits_layer(torso(batch["observation"]))
        total = 0.0
        for i in range(n):
            allowed = tf.where(batch["mask"][i])[:, 0]
            lp = tf.nn.log_softmax(tf.gather(raw[i], allowed))
            where = tf.argmax(tf.cast(allowed == tf.cast(batch["action"][i], tf.int64), tf.int32))
            ratio = tf.exp(lp[where] - batch["old_logp"][i])
            a = batch["adv"][i]
            total -= tf.minimum(ratio * a, tf.clip_by_value(ratio, 0.8, 1.2) * a)
            total += ent_reg * tf.reduce_sum(tf.exp(lp) * lp)
        return total / n

    def candidate(batch):
        def masked_distribution(observation, mask):
            logits = logits_layer(torso(observation))
            neg_inf = tf.constant(-np.inf, dtype=logits.dtype)
            logits = tf.where(mask, logits, neg_inf)
            return tf.nn.softmax(logits), tf.nn.log_softmax(logits)

        probs, log_probs = masked_distribution(batch["observation"], batch["mask"])
        entropy = -tf.reduce_sum(probs * log_probs, axis=-1)
        action_log_prob = tf.gather(log_probs, batch["action"], batch_dims=1)
        ratio = tf.exp(action_log_prob - batch["old_logp"])
        objective = tf.minimum(ratio * batch["adv"], tf.clip_by_value(ratio, 0.8, 1.2) * batch["adv"])
        policy_gradient_loss = -tf.reduce_mean(objective)
        entropy_regularization_loss = -ent_reg * tf.reduce_mean(entropy)
        return policy_gradient_loss + entropy_regularization_loss

    mask = rng.random((n, acts)) < 0.6
    action = rng.integers(0, acts, n)
    mask[np.arange(n), action] = True
    mask[np.arange(n), (action + 1) % acts] = True
    mask[0, (action[0] + 2) % acts] = False
    return {
        "reference": reference,
        "candidate": candidate,
        "batch": {
            "observation": rng.standard_normal((n, obs)).astype(f),
            "mask": mask,
            "action": action.astype("int32"),
            "old_logp": (-1.0 + 0.2 * rng.standard_normal(n)).astype(f),
            "adv": rng.standard_normal(n).astype(f),
        },
        "variables": torso.trainable_variables + logits_layer.trainable_variables,
    }
