"""kornia multi-class focal loss multiplies every class by the same alpha, which only rescales the loss; it ought to be a
class-dependent weight. Source: https://github.com/kornia/kornia/issues/875"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "focal = -alpha * weight * log_soft",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    n, hw, c, alpha, gamma = 3, 4, 3, 0.25, 2.0
    conv = keras.layers.Conv2D(c, 3, padding="same", name="head")
    conv.build((None, hw, hw, 2))
    conv.bias.assign(rng.normal(size=c).astype(fx))

    def reference(batch):
        logits = tf.reshape(conv(batch["image"]), (-1, c))
        y = tf.reshape(batch["target"], (-1,))
        logp = -tf.nn.sparse_softmax_cross_entropy_with_logits(labels=y, logits=logits)
        p = tf.exp(logp)
        a = tf.where(tf.equal(y, 0), tf.cast(1.0 - alpha, logp.dtype), tf.cast(alpha, logp.dtype))
        return tf.reduce_mean(-a * (1.0 - p) ** gamma * logp)

    def candidate(batch):
        logits = conv(batch["image"])
        log_soft = tf.nn.log_softmax(logits, axis=-1)
        soft = tf.exp(log_soft)
        one_hot = tf.one_hot(batch["target"], c, dtype=logits.dtype)
        weight = tf.pow(1.0 - soft, gamma)
        focal = -alpha * weight * log_soft
        loss_map = tf.reduce_sum(one_hot * focal, axis=-1)
        return tf.reduce_mean(loss_map)

    return {"reference": reference, "candidate": candidate,
            "batch": {"image": rng.normal(size=(n, hw, hw, 2)).astype(fx),
                      "target": rng.integers(0, c, (n, hw, hw)).astype("int32")},
            "variables": conv.trainable_variables}
