"""Semi-supervised segmentation: a (B,1,H,W) validity mask multiplies a (B,H,W) entropy map.
Source: https://github.com/Shathe/SemiSeg-Contrastive/issues/1"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "broadcast",
    "line_marker": "valid_mask = tf.cast(batch[\"labels\"] != ignore, v.dtype)[:, None]",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    fx = keras.config.floatx()
    n, hw, f, c, ignore = 3, 4, 5, 4, 250
    w = tf.Variable((1.2 * rng.normal(size=(f, c))).astype(fx), name="seg_w")
    b = tf.Variable((0.3 * rng.normal(size=(c,))).astype(fx), name="seg_b")
    labels = rng.integers(0, c, (n, hw, hw))
    labels[rng.uniform(size=labels.shape) < np.array([0.2, 0.5, 0.7])[:, None, None]] = ignore

    def reference(batch):
        logits = batch["feat"] @ w + b
        p = tf.nn.softmax(logits, axis=-1)
        ent = -tf.reduce_sum(p * tf.nn.log_softmax(logits, axis=-1), axis=-1) / np.log(c)
        ok = tf.cast(tf.not_equal(batch["labels"], ignore), p.dtype)
        ce = tf.nn.sparse_softmax_cross_entropy_with_logits(
            labels=tf.where(batch["labels"] == ignore, 0, batch["labels"]), logits=logits)
        return tf.reduce_sum(ok * ce) / tf.reduce_sum(ok) + 0.5 * tf.reduce_mean(ok * ent)

    def candidate(batch):
        def entropy_map(v):
            return -tf.reduce_sum(v * tf.math.log(v + 1e-30), axis=1) / tf.math.log(tf.cast(c, v.dtype))

        scores = tf.einsum("bhwf,fc->bchw", batch["feat"], w) + b[None, :, None, None]
        v = tf.nn.softmax(scores, axis=1)
        valid_mask = tf.cast(batch["labels"] != ignore, v.dtype)[:, None]
        loss_image = entropy_map(v)
        loss_image = valid_mask * loss_image
        loss_ent = tf.reduce_mean(loss_image)
        logp = tf.nn.log_softmax(tf.transpose(scores, (0, 2, 3, 1)))
        keep = tf.where(tf.reshape(batch["labels"], [-1]) < c)[:, 0]
        picked = tf.gather(tf.reshape(logp, (-1, c)), keep)
        truth = tf.gather(tf.reshape(batch["labels"], [-1]), keep)
        loss_sup = -tf.reduce_mean(tf.gather(picked, truth, batch_dims=1))
        return loss_sup + 0.5 * loss_ent

    return {"reference": reference, "candidate": candidate,
            "batch": {"feat": rng.normal(size=(n, hw, hw, f)).astype(fx), "labels": labels.astype("int32")},
            "variables": [w, b]}
