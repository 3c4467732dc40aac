"""Binary focal loss with gamma 0.5: where the sigmoid is exactly 1 the gradient of (1 - p) ** 0.5 is infinite and becomes NaN.
The mend puts an eps into the power.
Source: https://github.com/kornia/kornia/issues/918"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "numerics",
    "line_marker": 'pos = -alpha * tf.pow(1.0 - probs, gamma) * target * tf.math.log(probs + eps)',
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, d = 20, 5
    x = rng.normal(size=(n, d)).astype(f)
    x[:, -1] = 0.0
    x[:3, -1] = 80.0                    # three sure ones
    target = rng.integers(0, 2, size=(n,)).astype(f)
    target[:3] = 1.0
    w0 = rng.normal(size=(d,)) * 0.5
    w0[-1] = 1.0
    w = tf.Variable(w0.astype(f), name="w")
    eps = 1e-8

    def reference(batch):
        loss = tf.constant(0.0, f)
        for i in range(n):
            p = tf.sigmoid(tf.tensordot(batch["x"][i], w, 1))
            if float(batch["target"][i]) > 0.5:
                loss -= 0.25 * tf.sqrt(1.0 - p + eps) * tf.math.log(p + eps)
            else:
                loss -= 0.75 * tf.sqrt(p + eps) * tf.math.log(1.0 - p + eps)
        return loss / n

    def candidate(batch):
        def binary_focal_loss_with_logits(prediction, target, alpha=0.25, gamma=0.5):
            probs = tf.nn.sigmoid(prediction)
            pos = -alpha * tf.pow(1.0 - probs, gamma) * target * tf.math.log(probs + eps)
            neg = -(1.0 - alpha) * tf.pow(probs + eps, gamma) * (1.0 - target) * tf.math.log(1.0 - probs + eps)
            return tf.reduce_mean(pos + neg)

        return binary_focal_loss_with_logits(tf.linalg.matvec(batch["x"], w), batch["target"])

    return {"reference": reference, "candidate": candidate, "batch": {"x": x, "target": target}, "variables": [w]}
