"""Wrong: the number of valid pixels is summed in uint8 and wraps around at 256.

Source (real): https://github.com/wkentaro/pytorch-fcn/issues/9
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "dtype",
    "line_marker": 'n_valid = tf.reduce_sum(tf.cast(mask, tf.uint8))',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, H, C = 8, 8, 4
    k = tf.Variable(rng.normal(0, 0.5, (3, 3, 3, 6)).astype("float32"), name="conv_k")
    score = tf.Variable(rng.normal(0, 0.5, (6, C)).astype("float32"), name="score_w")
    label = rng.integers(0, C, (n, H, H))
    label[rng.random((n, H, H)) < 0.15] = -1
    batch = {
        "image": rng.normal(size=(n, H, H, 3)).astype("float32"),
        "label": label.astype("int32"),
    }

    def fcn(image):
        return tf.nn.relu(tf.nn.conv2d(image, k, 1, "SAME")) @ score

    def reference(b):
        logits = fcn(b["image"])
        valid = b["label"] >= 0
        ce = tf.nn.sparse_softmax_cross_entropy_with_logits(
            tf.boolean_mask(b["label"], valid), tf.boolean_mask(logits, valid))
        return tf.reduce_mean(ce)

    def candidate(b):
        log_p = tf.reshape(tf.nn.log_softmax(fcn(b["image"])), [-1, C])
        target = tf.reshape(b["label"], [-1])
        mask = target >= 0
        onehot = tf.one_hot(target, C)
        loss = -tf.reduce_sum(onehot * log_p)
        n_valid = tf.reduce_sum(tf.cast(mask, tf.uint8))
        return loss / tf.cast(n_valid, tf.float32)

    return {"variables": [k, score], "batch": batch, "reference": reference, "candidate": candidate}
