"""The number of valid pixels is summed in uint8 and wraps around at 256, so the loss is divided by a much too small number.

Source (real): https://github.com/wkentaro/pytorch-fcn/issues/9
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "dtype",
    "line_marker": 'count = tf.reduce_sum(tf.cast(mask, tf.uint8))',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)

    def var(name, *shape, scale=0.5):
        return tf.Variable((rng.normal(size=shape) * scale).astype("float32"), name=name)

    def arr(*shape, scale=1.0):
        return (rng.normal(size=shape) * scale).astype("float32")

    n, H, W, C, K = 10, 8, 8, 3, 4
    w1, w2 = var("conv1", 3, 3, C, 4, scale=0.3), var("score", 1, 1, 4, K)
    lbl = rng.integers(0, K, size=(n, H, W))
    lbl[rng.uniform(size=lbl.shape) < 0.15] = -1
    batch = {"img": arr(n, H, W, C), "lbl": lbl}

    def score(b):
        h = tf.nn.relu(tf.nn.conv2d(b["img"], w1, 1, "SAME"))
        return tf.nn.conv2d(h, w2, 1, "SAME")

    def reference(b):
        flat = tf.reshape(b["lbl"], [-1])
        keep = tf.where(flat >= 0)[:, 0]
        logits = tf.gather(tf.reshape(score(b), [-1, K]), keep)
        ce = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=tf.gather(flat, keep), logits=logits)
        return tf.reduce_mean(ce)

    def candidate(b):
        log_p = tf.nn.log_softmax(score(b))
        mask = b["lbl"] >= 0
        target = tf.one_hot(b["lbl"], K)
        loss = -tf.reduce_sum(target * log_p)
        count = tf.reduce_sum(tf.cast(mask, tf.uint8))
        return loss / tf.cast(count, tf.float32)

    return {"variables": [w1, w2], "batch": batch, "reference": reference, "candidate": candidate}
