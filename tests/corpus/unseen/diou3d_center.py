"""The DIoU of 3D boxes takes the centre distance over the first two coordinates only, whereas the enclosing
diagonal has three. Source: https://github.com/open-mmlab/mmdetection3d/issues/2766"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": 'r2 = tf.reduce_sum(tf.square(pred[:, :2] - target[:, :2]), axis=-1)',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()

    def var(name, *shape, scale=0.6):
        return tf.Variable((scale * rng.standard_normal(shape)).astype(fx), name=name)

    def arr(*shape, scale=1.0):
        return (scale * rng.standard_normal(shape)).astype(fx)

    n, feat = 5, 4
    head = var("reg_head", feat, 6, scale=0.25)
    gt = np.concatenate([arr(n, 3, scale=0.3), rng.uniform(0.8, 1.6, (n, 3))], axis=1).astype(fx)

    def boxes(batch):
        raw = tf.matmul(batch["feat"], head)
        return tf.concat([raw[:, :3], tf.exp(raw[:, 3:])], axis=1)

    def reference(batch):
        box = boxes(batch)
        total = 0.0
        for i in range(n):
            inter, vol_p, vol_t, diag, dist = 1.0, 1.0, 1.0, 0.0, 0.0
            for a in range(3):
                c1, s1 = box[i, a], box[i, 3 + a]
                c2, s2 = batch["gt"][i, a], batch["gt"][i, 3 + a]
                hi, lo = tf.minimum(c1 + s1 / 2, c2 + s2 / 2), tf.maximum(c1 - s1 / 2, c2 - s2 / 2)
                inter *= tf.nn.relu(hi - lo)
                diag += tf.square(tf.maximum(c1 + s1 / 2, c2 + s2 / 2) - tf.minimum(c1 - s1 / 2, c2 - s2 / 2))
                dist += tf.square(c1 - c2)
                vol_p *= s1
                vol_t *= s2
            total += 1.0 - inter / (vol_p + vol_t - inter) + dist / diag
        return total / n

    def candidate(batch):
        pred, target = boxes(batch), batch["gt"]
        p_lo, p_hi = pred[:, :3] - pred[:, 3:] / 2, pred[:, :3] + pred[:, 3:] / 2
        t_lo, t_hi = target[:, :3] - target[:, 3:] / 2, target[:, :3] + target[:, 3:] / 2
        overlap = tf.reduce_prod(tf.nn.relu(tf.minimum(p_hi, t_hi) - tf.maximum(p_lo, t_lo)), axis=-1)
        union = tf.reduce_prod(pred[:, 3:], -1) + tf.reduce_prod(target[:, 3:], -1) - overlap
        iou = overlap / union
        c2 = tf.reduce_sum(tf.square(tf.maximum(p_hi, t_hi) - tf.minimum(p_lo, t_lo)), axis=-1)
        r2 = tf.reduce_sum(tf.square(pred[:, :2] - target[:, :2]), axis=-1)
        return tf.reduce_mean(1.0 - iou + r2 / c2)

    return {"reference": reference, "candidate": candidate,
            "batch": {"feat": arr(n, feat), "gt": gt},
            "variables": [head]}
