"""GIoU box regression: overlaps by tf.where and divide_no_nan, boxes split into corners.

Source (constructed): a detector head's vectorised GIoU; the where on a difference and the safe division look like the
usual places for a lost gradient. Right answer: EQUIVALENT to the per-box formula.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}

def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d = 18, 5
    w = tf.Variable((0.3 * rng.standard_normal((d, 4))).astype(f), name="box_w")
    c = tf.Variable((0.2 * rng.standard_normal(4)).astype(f), name="box_b")
    corner = rng.uniform(-1.0, 0.3, (n, 2))
    batch = {
        "x": rng.standard_normal((n, d)).astype(f),
        "box": np.concatenate([corner, corner + rng.uniform(0.4, 1.4, (n, 2))], 1).astype(f),
    }

    def reference(b):
        m = b["x"].shape[0]
        total = 0.0
        for i in range(m):
            cx, cy, lw, lh = tf.unstack((b["x"][i : i + 1] @ w + c)[0])
            pw, ph = tf.exp(lw), tf.exp(lh)
            px0, px1, py0, py1 = cx - pw / 2, cx + pw / 2, cy - ph / 2, cy + ph / 2
            x0, y0, x1, y1 = tf.unstack(b["box"][i])
            iw = tf.maximum(tf.minimum(px1, x1) - tf.maximum(px0, x0), 0.0)
            ih = tf.maximum(tf.minimum(py1, y1) - tf.maximum(py0, y0), 0.0)
            union = pw * ph + (x1 - x0) * (y1 - y0) - iw * ih
            hull = (tf.maximum(px1, x1) - tf.minimum(px0, x0)) * (tf.maximum(py1, y1) - tf.minimum(py0, y0))
            total += 1.0 - (iw * ih / union - (hull - union) / hull)
        return total / m

    def candidate(b):
        mid, log_size = tf.split(b["x"] @ w + c, 2, axis=-1)
        size = tf.exp(log_size)
        lt_p, rb_p = mid - 0.5 * size, mid + 0.5 * size
        lt_g, rb_g = tf.split(b["box"], 2, axis=-1)
        side = tf.minimum(rb_p, rb_g) - tf.maximum(lt_p, lt_g)
        inter = tf.reduce_prod(tf.where(side > 0, side, tf.zeros_like(side)), axis=-1)
        union = size[:, 0] * size[:, 1] + tf.reduce_prod(rb_g - lt_g, axis=-1) - inter
        outer = tf.maximum(rb_p, rb_g) - tf.minimum(lt_p, lt_g)
        hull = outer[:, 0] * outer[:, 1]
        giou = tf.math.divide_no_nan(inter, union) - 1.0 + tf.math.divide_no_nan(union, hull)
        return tf.reduce_mean(1.0 - giou)

    return {"variables": [w, c], "batch": batch, "reference": reference, "candidate": candidate}
