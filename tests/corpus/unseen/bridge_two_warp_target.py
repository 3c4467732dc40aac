"""Stereo and flow: the 2-warp loss compares the twice warped image with the original left image instead of the directly reconstructed one.

Source (real): https://github.com/lelimite4444/BridgeDepthFlow/issues/4 (PyTorch, ported; the author: "they're typos, it should be left_est").
Right answer: NOT equivalent; the disparity of the direct reconstruction gets no gradient from this term.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "loss += 0.5 * warp_2(warp2_est, left_pyramid[1], mask)",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, width, d = 20, 9, 5

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    disp_w = tf.Variable(0.4 * arr(d, 2), name="disp_w")
    flow_w = tf.Variable(0.4 * arr(d), name="flow_w")
    left = np.cumsum(0.5 * arr(n, 2, width), -1)
    batch = {
        "feat": arr(n, width, d),
        "left": left,                                     # L1, L2
        "right": left + 0.3 * arr(n, 2, width),           # R1, R2
        "mask": (rng.random((n, width)) > 0.2).astype(f),
    }

    def resample(img, shift):
        # 1-D bilinear sampling at x + shift, border clamped
        pos = tf.range(width, dtype=shift.dtype)[None] + shift
        pos = tf.clip_by_value(pos, 0.0, width - 1.001)
        lo = tf.floor(pos)
        k = tf.cast(lo, tf.int32)
        a = pos - lo
        return (1.0 - a) * tf.gather(img, k, batch_dims=1) + a * tf.gather(img, k + 1, batch_dims=1)

    def nets(feat):
        disp = 1.5 * tf.tanh(feat @ disp_w)
        flow = 1.5 * tf.tanh(tf.linalg.matvec(feat, flow_w))
        return disp[..., 0], disp[..., 1], flow

    def reference(b):
        disp1, disp2, flow = nets(b["feat"])
        l1_from_r1 = resample(b["right"][:, 0], disp1)
        l2_from_r2 = resample(b["right"][:, 1], disp2)
        l2_from_r2_via_l1 = resample(l1_from_r1, flow)
        photo = tf.reduce_mean(tf.abs(b["left"][:, 0] - l1_from_r1))
        photo += tf.reduce_mean(tf.abs(b["left"][:, 1] - l2_from_r2))
        gap = tf.abs(l2_from_r2_via_l1 - l2_from_r2) * b["mask"]
        return photo + 0.5 * tf.reduce_sum(gap) / tf.reduce_sum(b["mask"])

    def candidate(b):
        def warp_2(est, img, occ_mask):
            return tf.reduce_sum(tf.abs(est - img) * occ_mask) / tf.reduce_sum(occ_mask)

        left_pyramid = [b["left"][:, 0], b["left"][:, 1]]
        right_pyramid = [b["right"][:, 0], b["right"][:, 1]]
        disp1, disp2, flow = nets(b["feat"])
        left_est = [resample(r, s) for r, s in zip(right_pyramid, (disp1, disp2))]
        loss = tf.add_n([tf.reduce_mean(tf.abs(img - est)) for img, est in zip(left_pyramid, left_est)])
        mask = b["mask"]
        warp2_est = resample(left_est[0], flow)
        loss += 0.5 * warp_2(warp2_est, left_pyramid[1], mask)
        return loss

    return {"variables": [disp_w, flow_w], "batch": batch, "reference": reference, "candidate": candidate}
