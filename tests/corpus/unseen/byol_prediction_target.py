"""Suspected: the loss should compare z1 with z2, not h1 with z2. Right: the online prediction is compared
with the target projection. Source: https://github.com/Lightning-Universe/lightning-bolts/issues/697"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": True,
    "cause": "none",
    "line_marker": None,
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()

    def var(name, *shape, scale=0.5):
        return tf.Variable((scale * rng.standard_normal(shape)).astype(fx), name=name)

    n, d, p = 5, 6, 4
    enc, proj, pred = var("encoder", d, d), var("projector", d, p), var("predictor", p, p)
    batch = {"img_1": rng.standard_normal((n, d)).astype(fx), "img_2": rng.standard_normal((n, d)).astype(fx),
             "target_enc": (0.5 * rng.standard_normal((d, d))).astype(fx), "target_proj": (0.5 * rng.standard_normal((d, p))).astype(fx)}

    def reference(batch):
        def online(x):
            return tf.math.l2_normalize(tf.nn.elu(x @ enc) @ proj @ pred, axis=1)

        def target(x):
            return tf.math.l2_normalize(tf.nn.elu(x @ batch["target_enc"]) @ batch["target_proj"], axis=1)

        a, b = batch["img_1"], batch["img_2"]
        pairs = tf.concat([online(a) * target(b), online(b) * target(a)], axis=0)
        return -4.0 * tf.reduce_mean(tf.reduce_sum(pairs, axis=1))

    def candidate(batch):
        def online_network(x):
            y = tf.nn.elu(tf.matmul(x, enc))
            z = tf.matmul(y, proj)
            return y, z, tf.matmul(z, pred)

        def target_network(x):
            y = tf.nn.elu(tf.matmul(x, batch["target_enc"]))
            return tf.stop_gradient(tf.matmul(y, batch["target_proj"]))

        _, z1, h1 = online_network(batch["img_1"])
        z2 = target_network(batch["img_2"])
        loss_a = 2.0 * tf.reduce_mean(keras.losses.cosine_similarity(z2, h1))
        _, z1, h1 = online_network(batch["img_2"])
        z2 = target_network(batch["img_1"])
        loss_b = 2.0 * tf.reduce_mean(keras.losses.cosine_similarity(z2, h1))
        return loss_a + loss_b

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [enc, proj, pred]}
