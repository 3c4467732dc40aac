"""MonoFlex: somebody suspects the depth uncertainty loss since it becomes negative; it is the Laplacian
negative log likelihood and right. Source: https://github.com/zhangyp15/MonoFlex/issues/38"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": True,
    "cause": "none",
    "line_marker": None,
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    n, d = 7, 4
    Wd = tf.Variable(rng.normal(0, 0.7, (d, 1)).astype(fx), name="Wd")
    Wu = tf.Variable(rng.normal(0, 0.7, (d, 1)).astype(fx), name="Wu")

    def reference(batch):
        total, count = 0.0, 0.0
        for i in range(n):
            if float(batch["reg_mask"][i]) < 0.5:
                continue
            f = batch["feat"][i:i + 1]
            z = tf.exp(-tf.matmul(f, Wd)[0, 0])
            scale = tf.exp(tf.matmul(f, Wu)[0, 0])
            density = tf.exp(-tf.abs(z - batch["depth"][i]) / scale) / (2.0 * scale)
            total += -tf.math.log(density) - np.log(2.0)
            count += 1.0
        return total / count

    def candidate(batch):
        raw = tf.matmul(batch["feat"], Wd)[:, 0]
        sig = tf.sigmoid(raw)
        pred_depth = 1.0 / sig - 1.0
        uncertainty = tf.clip_by_value(tf.matmul(batch["feat"], Wu)[:, 0], -10.0, 10.0)
        err = tf.abs(pred_depth - batch["depth"])
        depth_loss = err * tf.exp(-uncertainty) + uncertainty
        mask = batch["reg_mask"]
        return tf.reduce_sum(depth_loss * mask) / tf.maximum(tf.reduce_sum(mask), 1.0)

    return {"reference": reference, "candidate": candidate,
            "batch": {"feat": rng.normal(size=(n, d)).astype(fx), "depth": rng.uniform(0.5, 3, n).astype(fx),
                      "reg_mask": np.array([1, 1, 0, 1, 0, 1, 1]).astype(fx)},
            "variables": [Wd, Wu]}
