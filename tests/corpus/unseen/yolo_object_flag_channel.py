"""YOLO loss: the cells with and without an object are told apart by channel 5 of the target (already a class) instead of
channel 4, the confidence.
Source: https://github.com/duanyiqun/YOLO-Minimal/issues/2"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": 'flag = target_tensor[:, :, 5]',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, cells, d, k = 12, 9, 6, 3
    feats = rng.normal(size=(n, cells, d)).astype(f)
    has = rng.uniform(size=(n, cells)) < 0.4
    cls = rng.integers(0, k, size=(n, cells))
    target = np.concatenate([rng.uniform(0.1, 0.9, (n, cells, 4)), np.ones((n, cells, 1)), np.eye(k)[cls]], -1)
    target = (target * has[..., None]).astype(f)
    w_out = tf.Variable(rng.normal(size=(d, 5 + k)).astype(f) * 0.4, name="w_out")

    def reference(batch):
        p = tf.sigmoid(batch["feats"] @ w_out)
        t = batch["target"]
        obj = t[..., 4]
        box = tf.reduce_sum((p[..., :4] - t[..., :4]) ** 2, -1)
        conf = (p[..., 4] - t[..., 4]) ** 2
        kind = tf.reduce_sum((p[..., 5:] - t[..., 5:]) ** 2, -1)
        return tf.reduce_sum(obj * (5.0 * box + conf + kind) + 0.5 * (1.0 - obj) * conf) / n

    def candidate(batch):
        class yoloLoss:
            l_coord, l_noobj = 5.0, 0.5

            def forward(self, pred_tensor, target_tensor):
                flag = target_tensor[:, :, 5]
                coord_mask = flag > 0
                noobj_mask = tf.equal(flag, 0)
                coord_pred = tf.boolean_mask(pred_tensor, coord_mask)
                coord_target = tf.boolean_mask(target_tensor, coord_mask)
                noobj_pred = tf.boolean_mask(pred_tensor, noobj_mask)
                noobj_target = tf.boolean_mask(target_tensor, noobj_mask)
                nooobj_loss = self.mse(noobj_pred[:, 4], noobj_target[:, 4])
                loc_loss = self.mse(coord_pred[:, :4], coord_target[:, :4])
                contain_loss = self.mse(coord_pred[:, 4], coord_target[:, 4])
                class_loss = self.mse(coord_pred[:, 5:], coord_target[:, 5:])
                total = self.l_coord * loc_loss + contain_loss + self.l_noobj * nooobj_loss + class_loss
                return total / pred_tensor.shape[0]

            def mse(self, a, b):
                return tf.reduce_sum(tf.math.squared_difference(a, b))

        return yoloLoss().forward(tf.nn.sigmoid(tf.tensordot(batch["feats"], w_out, 1)), batch["target"])

    return {"reference": reference, "candidate": candidate, "batch": {"feats": feats, "target": target}, "variables": [w_out]}
