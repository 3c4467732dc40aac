"""SSRT: should the domain loss not be subtracted? No, the gradient reversal layer in front of the discriminator does that.
Source: https://github.com/tsun/SSRT/issues/6"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, d, h, c, coeff, trade = 5, 6, 5, 3, 0.6, 0.4
    base = keras.layers.Dense(h, activation="relu", name="base")
    clf = keras.layers.Dense(c, name="clf")
    dis = keras.layers.Dense(1, name="dis")
    base.build((None, d)); clf.build((None, h)); dis.build((None, h))

    def reference(batch):
        fs, ft = base(batch["xs"]), base(batch["xt"])
        ce = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=batch["ys"], logits=clf(fs)))
        both = tf.concat([fs, ft], axis=0)
        lab = tf.concat([tf.ones((n, 1), f), tf.zeros((n, 1), f)], axis=0)
        bce = lambda z, w, b: tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(labels=lab, logits=z @ w + b))
        w, b = tf.convert_to_tensor(dis.kernel), tf.convert_to_tensor(dis.bias)
        for_dis = bce(tf.stop_gradient(both), w, b)
        for_feat = bce(both, tf.stop_gradient(w), tf.stop_gradient(b))
        return ce + trade * (for_dis - coeff * (for_feat - tf.stop_gradient(for_feat)))

    def candidate(batch):
        @tf.custom_gradient
        def grl(x):
            def grad(dy):
                return -coeff * dy
            return tf.identity(x), grad

        x = tf.concat([batch["xs"], batch["xt"]], axis=0)
        features = base(x)
        feat_source, feat_target = tf.split(features, 2, axis=0)
        logits_source = clf(feat_source)
        classifier_loss = tf.reduce_mean(
            tf.nn.sparse_softmax_cross_entropy_with_logits(labels=batch["ys"], logits=logits_source))
        d_source = dis(grl(feat_source))
        d_target = dis(grl(feat_target))
        domain_loss = 0.5 * (tf.reduce_mean(tf.nn.softplus(-d_source)) + tf.reduce_mean(tf.nn.softplus(d_target)))
        return classifier_loss + trade * domain_loss

    return {"reference": reference, "candidate": candidate,
            "batch": {"xs": rng.standard_normal((n, d)).astype(f), "xt": (rng.standard_normal((n, d)) + 0.5).astype(f),
                      "ys": rng.integers(0, c, n).astype("int32")},
            "variables": base.trainable_variables + clf.trainable_variables + dis.trainable_variables}
