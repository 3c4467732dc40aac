"""MuZero scalar-to-support: the linear term of h(x) stands inside the bracket that is multiplied by sign(x).
Source: https://github.com/werner-duvaud/muzero-general/issues/6"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "sign",
    "line_marker": "x = tf.sign(x) * (tf.sqrt(tf.abs(x) + 1.0) - 1.0 + 0.02 * x)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    n, d, size = 6, 5, 10
    vhead = tf.Variable(rng.standard_normal((d, 2 * size + 1)) * 0.4, dtype=fx, name="value_head")
    rhead = tf.Variable(rng.standard_normal((d, 2 * size + 1)) * 0.4, dtype=fx, name="reward_head")

    def two_hot_loss(logits, h):
        h = tf.clip_by_value(h, -size, size)
        atoms = tf.cast(tf.range(-size, size + 1), h.dtype)
        weights = tf.nn.relu(1.0 - tf.abs(h[:, None] - atoms[None]))
        return tf.nn.softmax_cross_entropy_with_logits(weights, logits)

    def reference(batch):
        def squash(y):
            return tf.sign(y) * (tf.sqrt(tf.abs(y) + 1.0) - 1.0) + 0.02 * y

        lv = two_hot_loss(batch["state"] @ vhead, squash(batch["value"]))
        lr = two_hot_loss(batch["state"] @ rhead, squash(batch["reward"]))
        return tf.reduce_mean(0.25 * lv + lr)

    def candidate(batch):
        def scalar_to_support(x):
            x = tf.sign(x) * (tf.sqrt(tf.abs(x) + 1.0) - 1.0 + 0.02 * x)
            x = tf.clip_by_value(x, -size, size)
            floor = tf.floor(x)
            prob = x - floor
            low = tf.cast(floor, tf.int32) + size
            high = tf.minimum(low + 1, 2 * size)
            depth = 2 * size + 1
            return ((1.0 - prob)[:, None] * tf.one_hot(low, depth, dtype=x.dtype)
                    + prob[:, None] * tf.one_hot(high, depth, dtype=x.dtype))

        target_value = scalar_to_support(batch["value"])
        target_reward = scalar_to_support(batch["reward"])
        log_v = tf.nn.log_softmax(batch["state"] @ vhead, axis=1)
        log_r = tf.nn.log_softmax(batch["state"] @ rhead, axis=1)
        value_loss = -tf.reduce_sum(target_value * log_v, axis=1)
        reward_loss = -tf.reduce_sum(target_reward * log_r, axis=1)
        return tf.reduce_mean(value_loss * 0.25 + reward_loss)

    return {"reference": reference, "candidate": candidate,
            "batch": {"state": rng.standard_normal((n, d)).astype(fx),
                      "value": np.array([-40.0, 25, -18, 3.5, -33, 12]).astype(fx),
                      "reward": np.array([-20.0, 1, 0.3, -28, 6, -11]).astype(fx)},
            "variables": [vhead, rhead]}
