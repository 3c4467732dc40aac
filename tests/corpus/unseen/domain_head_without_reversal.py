"""Domain adaptation of point clouds: the domain classifier shall see the features through a gradient reversal layer.
The layer is missing, so the encoder helps the domain classifier.
Source: https://github.com/zou-longkun/GAST/issues/3"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "sign",
    "line_marker": 'cls["domain"] = self.domain_fc(x)',
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, pts, d, h, classes = 14, 6, 3, 5, 4
    cloud = rng.normal(size=(n, pts, d)).astype(f)
    label = rng.integers(0, classes, size=n).astype("int32")
    domain = (np.arange(n) % 2).astype(f)
    cloud[1::2] += 0.5
    enc = tf.Variable((0.7 * rng.normal(size=(d, h))).astype(f), name="enc")
    w_cls = tf.Variable(rng.normal(size=(h, classes)).astype(f), name="w_cls")
    w_dom = tf.Variable(rng.normal(size=(h, 1)).astype(f), name="w_dom")
    lamb = 1.0

    def reference(batch):
        def reverse(z):
            return tf.stop_gradient((1.0 + lamb) * z) - lamb * z

        feat = tf.reduce_mean(tf.tanh(batch["cloud"] @ enc), axis=1)
        logp = tf.nn.log_softmax(feat @ w_cls)
        task = -tf.reduce_mean(tf.reduce_sum(tf.one_hot(batch["label"], classes, dtype=f) * logp, axis=1))
        s = (reverse(feat) @ w_dom)[:, 0]
        adv = tf.reduce_mean(tf.nn.softplus(s) - batch["domain"] * s)
        return task + adv

    def candidate(batch):
        class DGCNN:
            def domain_fc(self, z):
                return tf.squeeze(tf.matmul(z, w_dom), axis=1)

            def __call__(self, points):
                x = tf.tanh(tf.einsum("npd,dh->nph", points, enc))
                x = tf.reduce_mean(x, axis=1)
                cls = {"cls": tf.matmul(x, w_cls)}
                cls["domain"] = self.domain_fc(x)
                return cls

        logits = DGCNN()(batch["cloud"])
        cls_loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(
            labels=batch["label"], logits=logits["cls"]))
        dom_loss = tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(
            labels=batch["domain"], logits=logits["domain"]))
        return cls_loss + dom_loss

    return {"reference": reference, "candidate": candidate,
            "batch": {"cloud": cloud, "label": label, "domain": domain}, "variables": [enc, w_cls, w_dom]}
