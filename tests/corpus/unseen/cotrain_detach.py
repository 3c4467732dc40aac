"""Deep co-training: the targets of the view-difference loss are not detached; the author
agrees that a detach is needed. Source: https://github.com/AlanChou/Deep-Co-Training-for-Semi-Supervised-Image-Recognition/issues/1"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "stop_gradient",
    "line_marker": 'soft_targets = tf.nn.softmax(tf.stack([clean2, clean1]), axis=-1)',
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()

    def var(name, *shape, scale=1.0):
        return tf.Variable((scale * rng.standard_normal(shape)).astype(fx), name=name)

    n, d, k, lam = 6, 5, 4, 0.7
    f1 = var("f1", d, k)
    f2 = var("f2", d, k)
    x = rng.standard_normal((n, d)).astype(fx)
    adv1 = (x + 0.4 * rng.standard_normal((n, d))).astype(fx)
    adv2 = (x + 0.4 * rng.standard_normal((n, d))).astype(fx)
    y = rng.integers(0, k, n).astype("int32")
    labelled = np.array([1, 1, 0, 0, 1, 0]).astype(fx)

    def reference(batch):
        s1, s2 = batch["x"] @ f1, batch["x"] @ f2
        sup = 0.0
        for s in (s1, s2):
            ce = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=batch["y"], logits=s)
            sup += tf.reduce_sum(ce * batch["labelled"]) / tf.reduce_sum(batch["labelled"])
        p1 = tf.stop_gradient(tf.nn.softmax(s1))
        p2 = tf.stop_gradient(tf.nn.softmax(s2))
        diff = tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(labels=p2, logits=batch["adv2"] @ f1))
        diff += tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(labels=p1, logits=batch["adv1"] @ f2))
        return sup + lam * diff

    def candidate(batch):
        clean1, clean2 = tf.matmul(batch["x"], f1), tf.matmul(batch["x"], f2)
        mask = batch["labelled"]
        onehot = tf.one_hot(batch["y"], k, dtype=mask.dtype)
        logp = tf.nn.log_softmax(tf.stack([clean1, clean2]), axis=-1)
        loss_sup = -tf.einsum("n,nk,vnk->", mask, onehot, logp) / tf.reduce_sum(mask)
        perturbed = tf.stack([tf.matmul(batch["adv2"], f1), tf.matmul(batch["adv1"], f2)])
        soft_targets = tf.nn.softmax(tf.stack([clean2, clean1]), axis=-1)
        ce = -tf.reduce_sum(soft_targets * tf.nn.log_softmax(perturbed, axis=-1), axis=-1)
        loss_diff = tf.reduce_sum(ce) / n
        return loss_sup + lam * loss_diff

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": x, "adv1": adv1, "adv2": adv2, "y": y, "labelled": labelled},
            "variables": [f1, f2]}
