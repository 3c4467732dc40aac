"""DAL trains the feature discriminator on the features with reverse=False: the encoder helps instead of confusing it.
Source: https://github.com/VisionLearningGroup/DAL/issues/1"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "sign",
    "line_marker": "dom_logit = discriminator(tf.concat([feat_s, feat_t], axis=0), reverse=False)",
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    fx = keras.config.floatx()
    keras.utils.set_random_seed(seed)
    n, d, h, k, lam = 5, 6, 5, 3, 0.8
    enc = tf.Variable(rng.normal(size=(d, h)).astype(fx) * 0.6, name="enc")
    cls = tf.Variable(rng.normal(size=(h, k)).astype(fx), name="cls")
    dis = tf.Variable(rng.normal(size=(h,)).astype(fx), name="dis")

    @tf.custom_gradient
    def grad_reverse(x):
        return tf.identity(x), lambda up: -lam * up

    def reference(batch):
        f_s, f_t = tf.tanh(batch["source"] @ enc), tf.tanh(batch["target"] @ enc)
        task = tf.nn.sparse_softmax_cross_entropy_with_logits(batch["label"], f_s @ cls)
        l_s = tf.linalg.matvec(grad_reverse(f_s), dis)
        l_t = tf.linalg.matvec(grad_reverse(f_t), dis)
        domain = 0.5 * (tf.reduce_mean(tf.nn.softplus(-l_s)) + tf.reduce_mean(tf.nn.softplus(l_t)))
        return tf.reduce_mean(task) + domain

    def candidate(batch):
        def discriminator(x, reverse):
            if reverse:
                x = grad_reverse(x)
            return tf.linalg.matvec(x, dis)

        feat_s = tf.tanh(batch["source"] @ enc)
        feat_t = tf.tanh(batch["target"] @ enc)
        loss_cls = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(batch["label"], feat_s @ cls))
        dom_logit = discriminator(tf.concat([feat_s, feat_t], axis=0), reverse=False)
        dom_label = tf.concat([tf.ones_like(feat_s[:, 0]), tf.zeros_like(feat_t[:, 0])], axis=0)
        loss_dom = tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(dom_label, dom_logit))
        return loss_cls + loss_dom

    return {"reference": reference, "candidate": candidate,
            "batch": {"source": rng.normal(size=(n, d)).astype(fx),
                      "target": (rng.normal(size=(n, d)) + 0.7).astype(fx),
                      "label": rng.integers(0, k, size=n).astype("int32")},
            "variables": [enc, cls, dis]}
