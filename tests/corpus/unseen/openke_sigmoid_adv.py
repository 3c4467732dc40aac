"""The self-adversarial weights of a sigmoid loss are said to strengthen the wrong side
for scores where higher is more plausible; they are as intended. Source: https://github.com/thunlp/OpenKE/issues/336"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": True,
    "cause": 'none',
    "line_marker": None,
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()

    def var(name, *shape, s=0.6):
        return tf.Variable(rng.normal(0.0, s, shape).astype(fx), name=name)

    def arr(*shape):
        return rng.normal(size=shape).astype(fx)

    n, m, E, R, d = 4, 3, 7, 2, 5
    ent, relv = var("ent", E, d), var("relv", R, d)
    temp = 0.8

    def reference(batch):
        total = 0.0
        for i in range(n):
            hr = tf.gather(ent, batch["h"][i]) * tf.gather(relv, batch["r"][i])
            pos = tf.tensordot(hr, tf.gather(ent, batch["t"][i]), 1)
            neg = tf.linalg.matvec(tf.gather(ent, batch["t_neg"][i]), hr)
            fixed = tf.stop_gradient(neg)
            w = tf.exp(temp * fixed) / tf.reduce_sum(tf.exp(temp * fixed))
            total += tf.nn.softplus(-pos) + tf.reduce_sum(w * tf.nn.softplus(neg))
        return total / (2.0 * n)

    def candidate(batch):
        def criterion(score):
            return -tf.math.log_sigmoid(score)

        def get_weights(n_score):
            return tf.stop_gradient(tf.nn.softmax(n_score * temp, axis=-1))

        query = tf.nn.embedding_lookup(ent, batch["h"]) * tf.nn.embedding_lookup(relv, batch["r"])
        p_score = tf.reduce_sum(query * tf.nn.embedding_lookup(ent, batch["t"]), axis=-1)
        n_score = tf.einsum("nd,nmd->nm", query, tf.nn.embedding_lookup(ent, batch["t_neg"]))
        neg_term = tf.reduce_sum(get_weights(n_score) * criterion(-n_score), axis=-1)
        return (tf.reduce_mean(criterion(p_score)) + tf.reduce_mean(neg_term)) / 2.0

    return {"reference": reference, "candidate": candidate,
            "batch": {"h": rng.integers(0, E, n), "r": rng.integers(0, R, n), "t": rng.integers(0, E, n), "t_neg": rng.integers(0, E, (n, m))},
            "variables": [ent, relv]}
