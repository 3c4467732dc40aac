"""Argo two-tower model: the predictions are [B, 1] and the labels [B,], which nobody saw in the regression loss.
Source: https://github.com/pyemma/Argo/pull/27"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "broadcast",
    "line_marker": "residual = score - batch[\"rating\"]",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, users, items, d = 7, 5, 6, 4
    u_tab = keras.Variable(rng.standard_normal((users, d)).astype(f), name="user_tower")
    i_tab = keras.Variable(rng.standard_normal((items, d)).astype(f), name="item_tower")
    top = keras.layers.Dense(1, name="score")
    top.build((None, 2 * d))
    l2 = 0.01

    def reference(batch):
        u = tf.gather(tf.convert_to_tensor(u_tab), batch["user"])
        i = tf.gather(tf.convert_to_tensor(i_tab), batch["item"])
        s = tf.reshape(top(tf.concat([tf.nn.relu(u), tf.nn.relu(i)], 1)), [-1])
        reg = tf.reduce_mean(tf.reduce_sum(u * u + i * i, axis=1))
        return tf.reduce_mean((s - batch["rating"]) ** 2) + l2 * reg

    def candidate(batch):
        user_emb = tf.gather(tf.convert_to_tensor(u_tab), batch["user"])
        item_emb = tf.gather(tf.convert_to_tensor(i_tab), batch["item"])
        pair = tf.nn.relu(tf.concat([user_emb, item_emb], axis=1))
        score = top(pair)
        residual = score - batch["rating"]
        mse = tf.reduce_mean(tf.square(residual))
        reg = tf.reduce_sum(tf.square(user_emb), axis=1) + tf.reduce_sum(tf.square(item_emb), axis=1)
        return mse + l2 * tf.reduce_mean(reg)

    return {"reference": reference, "candidate": candidate,
            "batch": {"user": rng.integers(0, users, n).astype("int32"),
                      "item": rng.integers(0, items, n).astype("int32"),
                      "rating": (rng.integers(1, 6, n) - 3).astype(f)},
            "variables": [u_tab, i_tab] + top.trainable_variables}
