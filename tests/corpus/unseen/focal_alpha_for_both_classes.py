"""Wrong: the focal loss weighs the negatives with alpha instead of 1 - alpha.

Source (real): https://github.com/qubvel/segmentation_models/issues/187
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "loss_0 = -(1.0 - gt) * (alpha * tf.pow(pr, gamma) * tf.math.log(1.0 - pr))",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    w1 = tf.Variable(rng.normal(0, 0.5, (6, 8)).astype("float32"), name="w1")
    b1 = tf.Variable(np.zeros(8, "float32"), name="b1")
    w2 = tf.Variable(rng.normal(0, 0.5, (8, 5)).astype("float32"), name="w2")
    b2 = tf.Variable(np.full(5, -0.3, "float32"), name="b2")
    batch = {
        "pixels": rng.normal(size=(12, 6)).astype("float32"),
        "mask": (rng.random((12, 5)) < 0.3).astype("float32"),
    }
    alpha, gamma, eps = 0.25, 2.0, 1e-6

    def predict(pixels):
        hidden = tf.nn.elu(pixels @ w1 + b1)
        return tf.sigmoid(hidden @ w2 + b2)

    def reference(b):
        probs = tf.clip_by_value(predict(b["pixels"]), eps, 1.0 - eps)
        is_pos = tf.equal(b["mask"], 1.0)
        p_t = tf.where(is_pos, probs, 1.0 - probs)
        alpha_t = tf.where(is_pos, alpha, 1.0 - alpha)
        focal = -alpha_t * (1.0 - p_t) ** gamma * tf.math.log(p_t)
        return tf.reduce_mean(focal)

    def candidate(b):
        gt = b["mask"]
        pr = predict(b["pixels"])
        pr = tf.clip_by_value(pr, eps, 1.0 - eps)
        loss_1 = -gt * (alpha * tf.pow(1.0 - pr, gamma) * tf.math.log(pr))
        loss_0 = -(1.0 - gt) * (alpha * tf.pow(pr, gamma) * tf.math.log(1.0 - pr))
        return tf.reduce_mean(loss_0 + loss_1)

    return {"variables": [w1, b1, w2, b2], "batch": batch, "reference": reference, "candidate": candidate}
