"""psgtr_head uses view to turn (batch*queries) masks into query/batch order; with more than
one image per batch view does not swap the two axes. Source: https://github.com/Jingkang50/OpenPSG/issues/56"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": 'seg = tf.reshape(seg, [q, n, h, h])',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()

    def var(name, *shape, scale=1.0):
        return tf.Variable((scale * rng.standard_normal(shape)).astype(fx), name=name)

    n, q, d, h = 3, 4, 5, 4
    query = var("query", q, d)
    proj = var("proj", d, d)
    pix = var("pix", d, d)
    memory = rng.standard_normal((n, h, h, d)).astype(fx)
    gt = (rng.random((n, q, h, h)) > 0.5).astype(fx)
    weight = rng.uniform(0.2, 2.0, (n, q)).astype(fx)

    def reference(batch):
        loss = 0.0
        k = tf.matmul(query, proj)
        for i in range(n):
            feat = tf.einsum("hwd,de->hwe", batch["memory"][i], pix)
            for j in range(q):
                logit = tf.einsum("hwe,e->hw", feat, k[j])
                bce = tf.nn.sigmoid_cross_entropy_with_logits(labels=batch["gt"][i, j], logits=logit)
                loss += batch["weight"][i, j] * tf.reduce_mean(bce)
        return loss / tf.reduce_sum(batch["weight"])

    def candidate(batch):
        keys = tf.matmul(query, proj)
        feat = tf.einsum("bhwd,de->bhwe", batch["memory"], pix)
        seg = tf.einsum("bhwe,qe->bqhw", feat, keys)
        seg = tf.reshape(seg, [n * q, h, h])
        seg = tf.reshape(seg, [q, n, h, h])
        target = tf.transpose(batch["gt"], [1, 0, 2, 3])
        per_mask = tf.reduce_mean(
            tf.nn.sigmoid_cross_entropy_with_logits(labels=target, logits=seg), axis=[2, 3])
        sample_w = tf.transpose(batch["weight"])
        return tf.reduce_sum(sample_w * per_mask) / tf.reduce_sum(sample_w)

    return {"reference": reference, "candidate": candidate,
            "batch": {"memory": memory, "gt": gt, "weight": weight}, "variables": [query, proj, pix]}
