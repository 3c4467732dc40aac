"""Ordinal depth regression (DORN): entropy = -prob * ord_label; the thread asks why prob is multiplied by -1.

Source (real): https://github.com/dontLoveBugs/SupervisedDepthPrediction/issues/5 (PyTorch, ported; the reporter: "nvm").
Right answer: EQUIVALENT to the DORN formula; `prob` is a log-softmax, so the minus sign makes it a cross entropy.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, h, w, d, ord_num, beta = 14, 3, 4, 5, 6, 8.0

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    conv = tf.Variable(0.6 * arr(d, 2 * ord_num), name="ord_conv")
    bias = tf.Variable(0.2 * arr(2 * ord_num), name="ord_bias")
    depth = (1.0 + (beta - 1.0) * rng.random((n, 1, h, w))).astype(f)
    depth[rng.random(depth.shape) < 0.2] = 0.0             # no measurement
    batch = {"feat": arr(n, h, w, d), "gt": depth}

    def reference(b):
        x = b["feat"] @ conv + bias
        gt = b["gt"].numpy()[:, 0]
        valid = gt > 0.0
        label = np.floor(ord_num * np.log(np.where(valid, gt, 1.0)) / np.log(beta)).astype(int)
        total = 0.0
        for k in range(ord_num):
            exceeds = x[..., ord_num + k] - x[..., k]      # logit of "not beyond k" against the pair
            log_p, log_q = tf.math.log_sigmoid(-exceeds), tf.math.log_sigmoid(exceeds)
            term = tf.where(k <= label, log_p, log_q)
            total += tf.reduce_sum(tf.where(valid, term, tf.zeros_like(term)))
        return -total / valid.sum()

    def candidate(b):
        def ordinal_layer(x):
            N, H, W, C = x.shape
            x = tf.reshape(tf.transpose(x, [0, 3, 1, 2]), [N, 2, ord_num, H, W])
            prob = tf.nn.log_softmax(x, axis=1)
            return tf.reshape(prob, [N, 2 * ord_num, H, W])

        def create_ord_label(gt):
            label = ord_num * tf.math.log(tf.where(gt > 0, gt, tf.ones_like(gt))) / np.log(beta)
            label = tf.cast(label, tf.int64)
            mask = tf.range(ord_num, dtype=tf.int64)[None, :, None, None] > label
            ord_c0 = tf.where(mask, tf.zeros_like(gt), tf.ones_like(gt))
            ord_c1 = 1 - ord_c0
            return tf.concat([ord_c0, ord_c1], axis=1)

        prob = ordinal_layer(b["feat"] @ conv + bias)
        gt = b["gt"]
        valid_mask = gt > 0.0
        ord_label = create_ord_label(gt)
        entropy = -prob * ord_label
        loss = tf.boolean_mask(tf.reduce_sum(entropy, axis=1), tf.squeeze(valid_mask, 1))
        return tf.reduce_mean(loss)

    return {"variables": [conv, bias], "batch": batch, "reference": reference, "candidate": candidate}
