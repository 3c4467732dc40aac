"""Relative pose network: the translation head returns [BS, 3, 1, 1] while the label is [BS, 3]; the L1 losses
broadcast silently. Source: https://github.com/dingmyu/CamNet/pull/4"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "broadcast",
    "line_marker": 'loss_trans = tf.reduce_mean(tf.abs(trans - batch["translation"]))',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    n, hw, c = 3, 4, 5
    conv = keras.layers.Conv2D(c, 3, padding="same", activation="relu", name="feat")
    conv.build((None, hw, hw, 6))
    t_head = keras.layers.Conv2D(3, 1, name="trans")
    t_head.build((None, 1, 1, c))
    r_head = keras.layers.Conv2D(4, 1, name="rot")
    r_head.build((None, 1, 1, c))

    def reference(batch):
        f = conv(tf.concat([batch["query"], batch["anchor"]], axis=-1))
        pooled = tf.reduce_mean(f, axis=(1, 2), keepdims=True)
        trans = tf.reshape(t_head(pooled), (-1, 3))
        rot = tf.reshape(r_head(pooled), (-1, 4))
        rot = tf.math.l2_normalize(rot, axis=-1)
        l_t = tf.reduce_mean(tf.abs(trans - batch["translation"]))
        l_r = tf.reduce_mean(tf.abs(rot - batch["rotation"]))
        return l_t + batch["beta"] * l_r

    def candidate(batch):
        pair = keras.ops.concatenate([batch["query"], batch["anchor"]], axis=-1)
        pooled = tf.reduce_mean(conv(pair), axis=[1, 2], keepdims=True)
        trans = tf.transpose(t_head(pooled), [0, 3, 1, 2])
        rot = r_head(pooled)[:, 0, 0, :]
        rot = rot / tf.norm(rot, axis=1, keepdims=True)
        loss_trans = tf.reduce_mean(tf.abs(trans - batch["translation"]))
        loss_rot = tf.reduce_mean(tf.abs(rot - batch["rotation"]))
        return loss_trans + batch["beta"] * loss_rot

    q = rng.standard_normal((n, 4))
    q /= np.linalg.norm(q, axis=1, keepdims=True)
    return {"reference": reference, "candidate": candidate,
            "batch": {"query": rng.standard_normal((n, hw, hw, 3)).astype(fx),
                      "anchor": rng.standard_normal((n, hw, hw, 3)).astype(fx),
                      "translation": rng.standard_normal((n, 3)).astype(fx), "rotation": q.astype(fx),
                      "beta": np.asarray(2.0, fx)},
            "variables": conv.trainable_variables + t_head.trainable_variables + r_head.trainable_variables}
