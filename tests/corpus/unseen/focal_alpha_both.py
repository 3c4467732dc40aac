"""The focal loss multiplies positives and negatives alike by alpha; negatives should get 1 - alpha.
Source: https://github.com/liuyuisanai/Focal-Loss/issues/4"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "weight = alpha * tf.pow(1.0 - p_t, gamma)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    n, a, f, c, alpha, gamma = 3, 8, 5, 3, 0.25, 2.0
    w = tf.Variable(rng.normal(size=(f, c)).astype(fx), name="w")
    b = tf.Variable(rng.normal(size=(c,)).astype(fx), name="b")

    def reference(batch):
        x = tf.matmul(batch["feat"], w) + b
        t = tf.one_hot(batch["label"] - 1, c, dtype=x.dtype)
        keep = tf.cast(batch["label"] >= 0, x.dtype)[..., None]
        p = tf.sigmoid(x)
        pos = alpha * (1 - p) ** gamma * tf.nn.softplus(-x) * t
        neg = (1 - alpha) * p ** gamma * tf.nn.softplus(x) * (1 - t)
        return tf.reduce_sum((pos + neg) * keep) / tf.reduce_sum(t)

    def candidate(batch):
        label = batch["label"]
        flat_label = tf.reshape(label, (-1,))
        logits = tf.reshape(tf.matmul(batch["feat"], w) + b, (-1, c))
        kept = tf.where(flat_label >= 0)[:, 0]
        logits, flat_label = tf.gather(logits, kept), tf.gather(flat_label, kept)
        is_class = tf.equal(flat_label[:, None] - 1, tf.range(c)[None, :])
        signed = tf.where(is_class, logits, -logits)
        p_t = tf.sigmoid(signed)
        weight = alpha * tf.pow(1.0 - p_t, gamma)
        loss = -weight * tf.math.log_sigmoid(signed)
        num_fg = tf.reduce_sum(tf.cast(flat_label > 0, logits.dtype))
        return tf.reduce_sum(loss) / num_fg

    lab = rng.integers(-1, c + 1, (n, a)).astype("int32")
    lab[0, :3] = [1, 2, 0]
    return {"reference": reference, "candidate": candidate,
            "batch": {"feat": rng.normal(size=(n, a, f)).astype(fx), "label": lab}, "variables": [w, b]}
