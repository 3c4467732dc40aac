"""The recommender's score goes through a sigmoid although the loss is the one that takes logits and applies its own.
Source: https://github.com/yudi-mars/daisyRec/pull/15"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": 'return tf.reshape(tf.sigmoid(score), [-1])',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    users, items, f = 9, 14, 5
    user = rng.integers(0, users, size=(24,)).astype("int32")
    item = rng.integers(0, items, size=(24,)).astype("int32")
    clicked = (rng.random(24) < 0.3).astype("float32")

    embed_user = tf.Variable(rng.normal(size=(users, f)).astype("float32"))
    embed_item = tf.Variable(rng.normal(size=(items, f)).astype("float32"))
    u_bias = tf.Variable(rng.normal(size=(users,)).astype("float32") * 0.3)
    i_bias = tf.Variable(rng.normal(size=(items,)).astype("float32") * 0.3)
    mlp = tf.Variable(rng.normal(size=(2 * f, 1)).astype("float32") * 0.5)

    def reference(batch):
        eu, ei = tf.gather(embed_user, batch["user"]), tf.gather(embed_item, batch["item"])
        logit = (tf.reduce_sum(eu * ei, axis=1) + tf.gather(u_bias, batch["user"]) + tf.gather(i_bias, batch["item"])
                 + tf.linalg.matvec(tf.concat([eu, ei], 1), mlp[:, 0]))
        signed = (2.0 * batch["clicked"] - 1.0) * logit
        return tf.reduce_mean(tf.nn.softplus(-signed))

    class PointNeuMF:
        def __call__(self, u, i):
            eu, ei = tf.nn.embedding_lookup(embed_user, u), tf.nn.embedding_lookup(embed_item, i)
            gmf = tf.reduce_sum(eu * ei, axis=-1, keepdims=True)
            deep = tf.concat([eu, ei], axis=-1) @ mlp
            score = gmf + deep + tf.gather(u_bias, u)[:, None] + tf.gather(i_bias, i)[:, None]
            return tf.reshape(tf.sigmoid(score), [-1])

    model = PointNeuMF()

    def candidate(batch):
        criterion = keras.losses.BinaryCrossentropy(from_logits=True)
        pred = model(batch["user"], batch["item"])
        return criterion(batch["clicked"], pred)

    return {"reference": reference, "candidate": candidate, "batch": {"user": user, "item": item, "clicked": clicked},
            "variables": [embed_user, embed_item, u_bias, i_bias, mlp]}
