"""A3C: value * advantage with a stopped advantage was proposed instead of the squared value loss; other value, same gradient.
Source: https://github.com/tensorpack/tensorpack/issues/358"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": True,
    "cause": 'none',
    "line_marker": None,
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, obs, acts, beta = 13, 6, 4, 0.01
    body = keras.layers.Dense(8, activation="relu")
    fc_pi, fc_v = keras.layers.Dense(acts), keras.layers.Dense(1)
    body.build((None, obs)), fc_pi.build((None, 8)), fc_v.build((None, 8))
    batch = {
        "state": rng.standard_normal((n, obs)).astype(f),
        "action": rng.integers(0, acts, n),
        "futurereward": (1.0 + rng.standard_normal(n)).astype(f),
    }

    def reference(b):
        h = body(b["state"])
        value = tf.squeeze(fc_v(h), 1)
        logp = tf.nn.log_softmax(fc_pi(h))
        chosen = tf.reduce_sum(logp * tf.one_hot(b["action"], acts, dtype=f), 1)
        advantage = tf.stop_gradient(value) - b["futurereward"]
        policy_loss = tf.reduce_sum(chosen * advantage)
        xentropy_loss = tf.reduce_sum(tf.exp(logp) * logp)
        value_loss = tf.nn.l2_loss(value - b["futurereward"])
        return (policy_loss + beta * xentropy_loss + value_loss) / n

    def candidate(b):
        feature = body(b["state"])
        policy = keras.ops.softmax(fc_pi(feature))
        value = keras.ops.reshape(fc_v(feature), (-1,))
        advantage = tf.stop_gradient(keras.ops.subtract(value, b["futurereward"]))
        log_pi_a = keras.ops.log(tf.gather(policy, b["action"], batch_dims=1))
        policy_loss = keras.ops.mean(log_pi_a * advantage)
        value_loss = keras.ops.mean(value * advantage)
        entropy = -keras.ops.sum(policy * keras.ops.log(policy), axis=-1)
        return policy_loss + value_loss - beta * keras.ops.mean(entropy)

    return {"reference": reference, "candidate": candidate, "batch": batch,
            "variables": body.trainable_variables + fc_pi.trainable_variables + fc_v.trainable_variables}
