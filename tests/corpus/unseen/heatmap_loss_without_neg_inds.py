"""CenterPoint's heat map loss lacks the neg_inds factor of CenterNet's. At the peaks the weight (1 - target)**4 is zero
anyway, so nothing is missing: right.
Source: https://github.com/tianweiy/CenterPoint/issues/178"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, h, w, feat, classes, objects = 13, 5, 6, 4, 2, 3
    head = keras.layers.Dense(classes, name="heatmap_head")
    head.build((None, feat))
    rows = rng.integers(0, h, (n, objects))
    cols = rng.integers(0, w, (n, objects))
    cat = rng.integers(0, classes, (n, objects))
    target = np.zeros((n, h, w, classes))
    yy, xx = np.mgrid[0:h, 0:w]
    for i in range(n):
        for r, c, k in zip(rows[i], cols[i], cat[i]):
            bump = np.exp(-((yy - r) ** 2 + (xx - c) ** 2) / 1.5)
            target[i, :, :, k] = np.maximum(target[i, :, :, k], bump)
    where = ((rows * w + cols) * classes + cat).astype("int32")
    batch = {
        "features": rng.standard_normal((n, h, w, feat)).astype(f),
        "target": target.astype(f),
        "peaks": where,
        "used": (rng.uniform(size=(n, objects)) < 0.8).astype(f),
    }

    def reference(batch):
        """CenterNet's modified focal loss, with both indicators (the peaks counted once for each object)."""
        pred = tf.clip_by_value(tf.sigmoid(head(batch["features"])), 1e-4, 1.0 - 1e-4)
        gt = batch["target"]
        neg_inds = tf.cast(gt < 1.0, f)
        neg = tf.math.log(1.0 - pred) * pred**2 * (1.0 - gt) ** 4 * neg_inds
        pos, num_pos = 0.0, 0.0
        for i in range(n):
            line = tf.reshape(pred[i], (-1,))
            for j in range(objects):
                p = line[batch["peaks"][i, j]]
                pos += batch["used"][i, j] * tf.math.log(p) * (1.0 - p) ** 2
                num_pos += batch["used"][i, j]
        return -(pos + tf.reduce_sum(neg)) / num_pos

    def candidate(batch):
        class FastFocalLoss:
            def forward(self, out, target, ind, mask):
                gt = tf.pow(1 - target, 4)
                neg_loss = tf.reduce_sum(tf.math.log(1 - out) * tf.pow(out, 2) * gt)
                flat = tf.reshape(out, (out.shape[0], -1))
                pos_pred = tf.gather(flat, ind, axis=1, batch_dims=1)
                num_pos = tf.reduce_sum(mask)
                pos_loss = tf.reduce_sum(tf.math.log(pos_pred) * tf.pow(1 - pos_pred, 2) * mask)
                return -(pos_loss + neg_loss) / num_pos

        logits = head(batch["features"])
        out = tf.minimum(tf.maximum(tf.math.sigmoid(logits), 1e-4), 1 - 1e-4)
        return FastFocalLoss().forward(out, batch["target"], batch["peaks"], batch["used"])

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [head.kernel, head.bias]}
