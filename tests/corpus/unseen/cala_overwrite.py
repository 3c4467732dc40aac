"""Whatever the condition, the loss is overwritten by the contrastive loss, so that the
reasoning loss is ignored when hca_weight > 0. Source: https://github.com/Chiangsonw/CaLa/issues/2"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": 'loss = contrastive_loss',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()

    def var(name, *shape, scale=1.0):
        return tf.Variable((scale * rng.standard_normal(shape)).astype(fx), name=name)

    n, d, temp, hca_weight = 5, 6, 0.2, 0.6
    w_q = var("w_q", d, d)
    w_t = var("w_t", d, d)
    query = rng.standard_normal((n, d)).astype(fx)
    target = rng.standard_normal((n, d)).astype(fx)
    text = rng.standard_normal((n, d)).astype(fx)
    labels = np.arange(n).astype("int32")

    def reference(batch):
        def nce(a, b):
            sims = tf.matmul(tf.math.l2_normalize(a, -1), tf.math.l2_normalize(b, -1), transpose_b=True) / temp
            return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=batch["labels"], logits=sims))

        q = tf.matmul(batch["query"], w_q)
        t = tf.matmul(batch["target"], w_t)
        txt = tf.matmul(batch["text"], w_t)
        total = nce(q, t)
        if hca_weight > 0:
            total += hca_weight * nce(t - q, txt)
        return total

    def candidate(batch):
        labels = batch["labels"]
        fusion = tf.matmul(batch["query"], w_q)
        tgt = tf.matmul(batch["target"], w_t)
        txt = tf.matmul(batch["text"], w_t)

        def norm(v):
            return v / tf.norm(v, axis=-1, keepdims=True)

        sim_i2t = tf.matmul(norm(fusion), norm(tgt), transpose_b=True) / temp
        contrastive_loss = tf.reduce_mean(
            tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=sim_i2t))
        if hca_weight > 0:
            sim_r = tf.matmul(norm(tgt - fusion), norm(txt), transpose_b=True) / temp
            reasoning_loss = tf.reduce_mean(
                tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=sim_r))
            loss = contrastive_loss + hca_weight * reasoning_loss
        loss = contrastive_loss
        return loss

    return {"reference": reference, "candidate": candidate,
            "batch": {"query": query, "target": target, "text": text, "labels": labels},
            "variables": [w_q, w_t]}
