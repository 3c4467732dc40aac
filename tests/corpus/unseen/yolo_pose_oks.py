"""YOLO-pose keypoint loss after the object keypoint similarity: the exponent with object area and the keypoints' sigmas.
Source: https://github.com/TexasInstruments/edgeai-yolov5/issues/95"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": 'other',
    "line_marker": 'exponent = -d / (area * (4.0 * sigmas**2) + 1e-9)',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    fx = keras.config.floatx()
    n, d_in, kpts = 4, 5, 3
    head = tf.Variable(rng.normal(0, 0.4, (d_in, 2 * kpts)).astype(fx), name="kpt_head")
    conf = tf.Variable(rng.normal(0, 0.4, (d_in, kpts)).astype(fx), name="kpt_conf")
    sigmas = np.array([0.26, 0.35, 0.79]).astype(fx)

    def reference(batch):
        xy = tf.reshape(batch["feat"] @ head, (n, kpts, 2))
        vis = tf.cast(batch["kpt"][..., 0] > -50.0, xy.dtype)
        w, h = batch["wh"][:, 0], batch["wh"][:, 1]
        scale = (w * h)[:, None]
        dist2 = tf.reduce_sum((xy - batch["kpt"]) ** 2, axis=-1)
        oks = tf.exp(-dist2 / (2.0 * (scale * sigmas) ** 2 + 1e-9))
        factor = kpts / (tf.reduce_sum(vis, axis=1, keepdims=True) + 1e-9)
        lk = tf.reduce_mean(factor * (1.0 - oks) * vis)
        return lk + 0.5 * tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(vis, batch["feat"] @ conf))

    def candidate(batch):
        pred = tf.matmul(batch["feat"], head)
        pkpt_x, pkpt_y = pred[:, 0::2], pred[:, 1::2]
        tkpt_x, tkpt_y = batch["kpt"][..., 0], batch["kpt"][..., 1]
        kpt_mask = tf.cast(tkpt_x > -50.0, pred.dtype)
        d = (pkpt_x - tkpt_x) ** 2 + (pkpt_y - tkpt_y) ** 2
        area = tf.reduce_prod(batch["wh"], axis=1, keepdims=True)
        kpt_loss_factor = kpts / (tf.reduce_sum(kpt_mask, axis=1, keepdims=True) + 1e-9)
        exponent = -d / (area * (4.0 * sigmas**2) + 1e-9)
        lkpt = tf.reduce_mean(kpt_loss_factor * ((1.0 - tf.exp(exponent)) * kpt_mask))
        score = tf.matmul(batch["feat"], conf)
        lkptv = tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(labels=kpt_mask, logits=score))
        return lkpt + 0.5 * lkptv

    kp = rng.normal(0, 0.5, (n, kpts, 2))
    kp[0, 1] = -100.0
    return {"reference": reference, "candidate": candidate,
            "batch": {"feat": rng.normal(size=(n, d_in)).astype(fx), "kpt": kp.astype(fx),
                      "wh": rng.uniform(0.8, 2.0, (n, 2)).astype(fx)},
            "variables": [head, conf]}
