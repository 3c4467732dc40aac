"""Registration with absent correspondences: the occlusion loss is the mean of a comparison (diff > threshold), without gradient.

Source (real): https://github.com/cwmok/DIRAC/issues/13 (PyTorch, ported; the author replaced it by relu(diff - threshold)).
Right answer: NOT equivalent; the backward flow is seen by that term alone and gets no gradient at all.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "disconnected",
    "line_marker": "occ_xy_l = tf.cast(norm_diff_fw > thresh_fw, f)",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, length, ch = 14, 9, 4
    occ_weight = 0.5

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    fw = tf.Variable(0.6 * arr(ch), name="flow_fw")
    bw = tf.Variable(0.6 * arr(ch), name="flow_bw")
    batch = {"features": arr(n, length, ch), "fixed_grad": arr(n, length), "residual": arr(n, length)}

    def reference(b):
        total_sim, total_occ = 0.0, 0.0
        pairs = b["features"].shape[0]
        for i in range(pairs):
            flow_xy = tf.tanh(tf.linalg.matvec(b["features"][i], fw))
            flow_yx = tf.tanh(tf.linalg.matvec(b["features"][i], bw))
            total_sim += tf.reduce_mean((b["residual"][i] - b["fixed_grad"][i] * flow_xy) ** 2)
            gap = tf.abs(flow_xy + flow_yx)
            limit = tf.stop_gradient(tf.reduce_mean(gap))
            for k in range(length):
                total_occ += tf.maximum(gap[k] - limit, 0.0) / length
        return total_sim / pairs + occ_weight * total_occ / pairs

    def candidate(b):
        def flow(weight):
            return tf.tanh(tf.einsum("nlc,c->nl", b["features"], weight))

        F_X_Y, F_Y_X = flow(fw), flow(bw)
        loss_similarity = tf.reduce_mean(tf.reduce_mean(tf.square(b["residual"] - b["fixed_grad"] * F_X_Y), axis=1))
        norm_diff_fw = tf.abs(F_X_Y + F_Y_X)
        thresh_fw = tf.stop_gradient(tf.reduce_mean(norm_diff_fw, axis=1, keepdims=True))
        occ_xy_l = tf.cast(norm_diff_fw > thresh_fw, f)
        loss_occ = tf.reduce_mean(occ_xy_l)
        return loss_similarity + occ_weight * loss_occ

    return {"variables": [fw, bw], "batch": batch, "reference": reference, "candidate": candidate}
