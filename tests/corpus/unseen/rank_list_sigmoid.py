"""RLHF ranking loss over a sorted list of rewards uses the plain sigmoid of the differences, without the log.
Source: https://github.com/HarderThenHarder/transformers_tasks/issues/15"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {"equivalent": False, "cause": "other",
            "line_marker": "diff = tf.sigmoid(rank_rewards[i] - rank_rewards[j])", "same_forward_value": False}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    B, R, d = 3, 4, 5
    dense = keras.layers.Dense(6, activation="gelu", name="encoder")
    reward_layer = keras.layers.Dense(1, name="reward_layer")
    dense.build((None, d))
    reward_layer.build((None, 6))

    def reference(batch):
        r = tf.squeeze(reward_layer(dense(batch["pooled"])), -1)
        gap = r[:, :, None] - r[:, None, :]
        upper = tf.linalg.band_part(tf.ones((R, R), gap.dtype), 0, -1) - tf.eye(R, dtype=gap.dtype)
        per_list = tf.reduce_sum(tf.nn.softplus(-gap) * upper, axis=[1, 2]) / tf.reduce_sum(upper)
        return tf.reduce_mean(per_list)

    def candidate(batch):
        loss, add_count = 0.0, 0
        for pooled in tf.unstack(batch["pooled"]):
            rank_rewards = tf.reshape(reward_layer(dense(pooled)), [-1])
            for i in range(R - 1):
                for j in range(i + 1, R):
                    diff = tf.sigmoid(rank_rewards[i] - rank_rewards[j])
                    loss = loss + diff
                    add_count += 1
        loss = loss / add_count
        return -loss

    return {"reference": reference, "candidate": candidate,
            "batch": {"pooled": (2 * rng.normal(size=(B, R, d))).astype(fx)},
            "variables": dense.trainable_variables + reward_layer.trainable_variables}
