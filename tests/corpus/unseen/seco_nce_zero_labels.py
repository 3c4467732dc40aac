"""Suspected: all labels of the NCE softmax loss are zero. Right, because the positive is always in
column zero of the logits. Source: https://github.com/YihengZhang-CV/SeCo-Sequence-Contrastive-Learning/issues/3"""
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

    n, d, h, k = 4, 6, 5, 7
    enc = var("encoder", d, h)
    batch = {"query": rng.standard_normal((n, d)).astype(fx), "key": rng.standard_normal((n, h)).astype(fx),
             "queue": rng.standard_normal((k, h)).astype(fx), "temperature": np.array(0.2, dtype=fx)}

    def reference(batch):
        q = tf.math.l2_normalize(batch["query"] @ enc, axis=1)
        key, queue = tf.math.l2_normalize(batch["key"], axis=1), tf.math.l2_normalize(batch["queue"], axis=1)
        total = 0.0
        for i in range(n):
            pos = tf.reduce_sum(q[i] * key[i]) / batch["temperature"]
            neg = tf.linalg.matvec(queue, q[i]) / batch["temperature"]
            total += tf.math.log(tf.exp(pos) + tf.reduce_sum(tf.exp(neg))) - pos
        return total / n

    def candidate(batch):
        q = tf.math.l2_normalize(tf.matmul(batch["query"], enc), axis=-1)
        k_pos = tf.stop_gradient(tf.math.l2_normalize(batch["key"], axis=-1))
        memory = tf.stop_gradient(tf.math.l2_normalize(batch["queue"], axis=-1))
        l_pos = tf.einsum("nc,nc->n", q, k_pos)[:, None]
        l_neg = tf.einsum("nc,kc->nk", q, memory)
        out = tf.concat([l_pos, l_neg], axis=1) / batch["temperature"]
        label = tf.zeros(tf.shape(out)[0], dtype=tf.int32)
        return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=label, logits=out))

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [enc]}
