"""The weighted absolute error is a mean over all samples (sum_over_batch_size), not a mean by the sample weights.

Source (real): https://github.com/keras-team/keras/issues/19740
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": 'mae = tf.keras.losses.MeanAbsoluteError()(b["y"], pred, sample_weight=b["w"])',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)

    def var(name, *shape, scale=0.5):
        return tf.Variable((rng.normal(size=shape) * scale).astype("float32"), name=name)

    def arr(*shape, scale=1.0):
        return (rng.normal(size=shape) * scale).astype("float32")

    n, d = 12, 4
    kern = [var("kernel0", d, 6), var("kernel1", 6, 1)]
    bias = [var("bias0", 6), var("bias1", 1)]
    batch = {"x": arr(n, d), "y": arr(n, 1), "w": (rng.uniform(size=(n, 1)) < 0.5).astype("float32") * rng.uniform(0.5, 1.5, size=(n, 1)).astype("float32")}
    batch["w"][0] = 1.0

    def predict(x):
        return tf.nn.relu(x @ kern[0] + bias[0]) @ kern[1] + bias[1]

    def penalty():
        return 0.01 * tf.add_n([tf.reduce_sum(tf.square(k)) for k in kern])

    def reference(b):
        err = tf.abs(predict(b["x"]) - b["y"])
        return tf.reduce_sum(b["w"] * err) / tf.reduce_sum(b["w"]) + penalty()

    def candidate(b):
        pred = predict(b["x"])
        mae = tf.keras.losses.MeanAbsoluteError()(b["y"], pred, sample_weight=b["w"])
        return mae + penalty()

    return {"variables": kern + bias, "batch": batch, "reference": reference, "candidate": candidate}
