"""video-contrastive-learning: labels that are all zero look like 'everything negative'; the positive stands in column 0.
Source: https://github.com/amazon-science/video-contrastive-learning/issues/5"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, d, e, q, T = 5, 8, 4, 7, 0.2
    enc = keras.layers.Dense(e, name="encoder_q")
    enc.build((None, d))
    key_w = tf.constant(rng.standard_normal((d, e)).astype(f))

    def reference(batch):
        query = tf.math.l2_normalize(enc(batch["clip_a"]), axis=1)
        key = tf.math.l2_normalize(batch["clip_b"] @ key_w, axis=1)
        total = 0.0
        for i in range(n):
            pos = tf.exp(tf.tensordot(query[i], key[i], 1) / T)
            neg = tf.reduce_sum(tf.exp(tf.linalg.matvec(batch["queue"], query[i]) / T))
            total -= tf.math.log(pos / (pos + neg))
        return total / n

    def candidate(batch):
        q_emb = tf.math.l2_normalize(enc(batch["clip_a"]), axis=-1)
        k_emb = tf.stop_gradient(tf.math.l2_normalize(tf.matmul(batch["clip_b"], key_w), axis=-1))
        l_pos = tf.einsum("nc,nc->n", q_emb, k_emb)[:, None]
        l_neg = tf.einsum("nc,kc->nk", q_emb, batch["queue"])
        out = tf.concat([l_pos, l_neg], axis=1) / T

        def nce_softmax_loss(x):
            label = tf.zeros([tf.shape(x)[0]], dtype=tf.int32)
            return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=label, logits=x))

        return nce_softmax_loss(out)

    queue = rng.standard_normal((q, e))
    queue /= np.linalg.norm(queue, axis=1, keepdims=True)
    return {"reference": reference, "candidate": candidate,
            "batch": {"clip_a": rng.standard_normal((n, d)).astype(f),
                      "clip_b": rng.standard_normal((n, d)).astype(f), "queue": queue.astype(f)},
            "variables": enc.trainable_variables}
