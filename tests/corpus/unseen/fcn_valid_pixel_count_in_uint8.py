"""The number of valid pixels is summed in uint8, which wraps around at 256.

Source (real): https://github.com/wkentaro/pytorch-fcn/issues/9
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "dtype",
    "line_marker": 'valid = tf.reduce_sum(mask)',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, size, classes = 6, 8, 4
    k1 = tf.Variable(rng.normal(size=(3, 3, 3, 6)).astype("float32") * 0.3, name="conv1")
    k2 = tf.Variable(rng.normal(size=(1, 1, 6, classes)).astype("float32") * 0.5, name="score")
    target = rng.integers(0, classes, size=(n, size, size))
    target[rng.random(target.shape) < 0.1] = -1
    batch = {
        "image": rng.normal(size=(n, size, size, 3)).astype("float32"),
        "target": target.astype("int32"),
    }

    def scores(b):
        h = tf.nn.relu(tf.nn.conv2d(b["image"], k1, 1, "SAME"))
        return tf.nn.conv2d(h, k2, 1, "SAME")

    def reference(b):
        log_p = tf.nn.log_softmax(scores(b), axis=-1)
        total, count = 0.0, 0.0
        for i in range(n):
            one_hot = tf.one_hot(b["target"][i], classes)
            total -= tf.reduce_sum(one_hot * log_p[i])
            count += tf.reduce_sum(one_hot)
        return total / count

    def candidate(b):
        mask = tf.cast(b["target"] >= 0, tf.uint8)
        labels = tf.maximum(b["target"], 0)
        nll = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=scores(b))
        loss = tf.reduce_sum(nll * tf.cast(mask, tf.float32))
        valid = tf.reduce_sum(mask)
        return loss / tf.cast(valid, tf.float32)

    return {"variables": [k1, k2], "batch": batch, "reference": reference, "candidate": candidate}
