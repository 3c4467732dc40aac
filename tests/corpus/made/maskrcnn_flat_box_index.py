"""Class-specific box regression: the flat index into (n * classes, 4) uses the wrong stride.

Origin: realistic (Faster/Mask R-CNN heads gather the box of the labelled class, often through a flat index, as
detectron-style code does). Not taken from one thread.
Right answer: NOT equivalent; every index is valid, but rows of other images and classes are picked.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": 'flat_idx = tf.range(num) + num * b["label"]',
    "same_forward_value": False,
}

NUM_CLASSES = 5


def smooth_l1(diff, beta=0.5):
    a = tf.abs(diff)
    return tf.where(a < beta, 0.5 * a * a / beta, a - 0.5 * beta)


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d = 28, 6
    box_head = keras.layers.Dense(NUM_CLASSES * 4, name="box_head", dtype=f)
    box_head.build((None, d))
    box_head.set_weights([0.6 * rng.standard_normal(p.shape).astype(f) for p in box_head.get_weights()])
    batch = {
        "roi": rng.standard_normal((n, d)).astype(f),
        "label": rng.integers(0, NUM_CLASSES, n).astype("int32"),
        "target": rng.standard_normal((n, 4)).astype(f),
    }

    def reference(b):
        total, count = 0.0, 0
        for i in range(b["label"].shape[0]):
            c = int(b["label"][i])
            if c == 0:
                continue
            boxes = tf.reshape(box_head(b["roi"][i : i + 1]), [NUM_CLASSES, 4])
            total += tf.reduce_sum(smooth_l1(boxes[c] - b["target"][i]))
            count += 1
        return total / max(count, 1)

    @tf.function(reduce_retracing=True)
    def candidate(b):
        deltas = tf.reshape(box_head(b["roi"]), [-1, 4])
        num = tf.shape(b["roi"])[0]
        flat_idx = tf.range(num) + num * b["label"]
        picked = tf.gather(deltas, flat_idx)
        positive = tf.cast(b["label"] > 0, picked.dtype)
        per_roi = tf.reduce_sum(smooth_l1(picked - b["target"]), axis=-1)
        return tf.math.divide_no_nan(
            tf.reduce_sum(per_roi * positive),
            tf.reduce_sum(positive),
        )

    return {
        "variables": box_head.trainable_variables,
        "batch": batch,
        "reference": reference,
        "candidate": candidate,
    }
