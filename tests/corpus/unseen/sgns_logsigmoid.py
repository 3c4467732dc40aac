"""Skip-gram with negative sampling: the scores of the negatives are summed first and log-sigmoid is taken of the sum;
every negative should go through log-sigmoid by itself. Source: https://github.com/DSKSD/DeepNLP-models-Pytorch/issues/15"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": 'negative = tf.math.log_sigmoid(tf.reduce_sum(dots, axis=1, keepdims=True))',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()

    def var(name, *shape, scale=0.6):
        return tf.Variable((scale * rng.standard_normal(shape)).astype(fx), name=name)

    def arr(*shape, scale=1.0):
        return (scale * rng.standard_normal(shape)).astype(fx)

    n, vocab, dim, k = 6, 9, 4, 4
    emb_v = var("center", vocab, dim, scale=1.0)
    emb_u = var("context", vocab, dim, scale=1.0)

    def reference(batch):
        total = 0.0
        for i in range(n):
            v = emb_v[batch["center"][i]]
            u = emb_u[batch["target"][i]]
            total -= tf.math.log_sigmoid(tf.tensordot(u, v, 1))
            for j in range(k):
                noise = emb_u[batch["neg"][i, j]]
                total -= tf.math.log_sigmoid(-tf.tensordot(noise, v, 1))
        return total / n

    def candidate(batch):
        center_embeds = tf.gather(emb_v, batch["center"])[:, None, :]
        target_embeds = tf.gather(emb_u, batch["target"])[:, None, :]
        neg_embeds = -tf.gather(emb_u, batch["neg"])
        positive_score = tf.squeeze(tf.matmul(target_embeds, center_embeds, transpose_b=True), 2)
        dots = tf.squeeze(tf.matmul(neg_embeds, center_embeds, transpose_b=True), 2)
        negative = tf.math.log_sigmoid(tf.reduce_sum(dots, axis=1, keepdims=True))
        loss = tf.math.log_sigmoid(positive_score) + negative
        return -tf.reduce_mean(loss)

    return {"reference": reference, "candidate": candidate,
            "batch": {"center": rng.integers(0, vocab, n).astype("int32"),
                      "target": rng.integers(0, vocab, n).astype("int32"),
                      "neg": rng.integers(0, vocab, (n, k)).astype("int32")},
            "variables": [emb_v, emb_u]}
