"""Target term of targeted SupCon: code divides by the number of positive views (k+1), the
paper's printed formula misses that division; the author: follow the code. Source: https://github.com/LTH14/targeted-supcon/issues/12"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": 'per_anchor = tf.reduce_sum(mask_pos_view_target * log_prob, axis=1)',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()

    def var(name, *shape, scale=1.0):
        return tf.Variable((scale * rng.standard_normal(shape)).astype(fx), name=name)

    n, d, k, classes, temp, tw = 6, 5, 2, 3, 0.3, 0.2
    proj = var("proj", d, d)
    x = rng.standard_normal((n, d)).astype(fx)
    bank = rng.standard_normal((9, d)).astype(fx)
    y = rng.integers(0, classes, n).astype("int32")
    y_bank = np.arange(9).astype("int32") % classes
    centers = rng.standard_normal((classes, d)).astype(fx)

    def reference(batch):
        z = tf.math.l2_normalize(batch["x"] @ proj, axis=1)
        total = 0.0
        for i in range(n):
            b_sim = tf.linalg.matvec(tf.math.l2_normalize(batch["bank"], axis=1), z[i]) / temp
            c_sim = tf.linalg.matvec(tf.math.l2_normalize(batch["centers"], axis=1), z[i]) / temp
            log_z = tf.reduce_logsumexp(tf.concat([b_sim, c_sim], 0))
            pos = tf.cast(batch["y_bank"] == batch["y"][i], z.dtype)
            count = tf.reduce_sum(pos) + 1.0
            own = tf.gather(c_sim, batch["y"][i]) - log_z
            total -= tf.reduce_sum(pos * (b_sim - log_z)) / count + tw * own / count
        return total / n

    def candidate(batch):
        feats = tf.math.l2_normalize(tf.matmul(batch["x"], proj), axis=-1)
        keys = tf.math.l2_normalize(tf.concat([batch["bank"], batch["centers"]], axis=0), axis=-1)
        logits = tf.matmul(feats, keys, transpose_b=True) / temp
        logits -= tf.stop_gradient(tf.reduce_max(logits, axis=1, keepdims=True))
        log_prob = logits - tf.math.log(tf.reduce_sum(tf.exp(logits), axis=1, keepdims=True))
        same = tf.cast(batch["y"][:, None] == batch["y_bank"][None, :], logits.dtype)
        center = tf.one_hot(batch["y"], classes, dtype=logits.dtype)
        mask_pos_view_class = tf.concat([same, tf.zeros_like(center)], axis=1)
        mask_pos_view_target = tf.concat([tf.zeros_like(same), center], axis=1)
        mask_pos_view = mask_pos_view_class + mask_pos_view_target
        num_pos = tf.reduce_sum(mask_pos_view, axis=1)
        loss_class = -tf.reduce_mean(tf.reduce_sum(mask_pos_view_class * log_prob, axis=1) / num_pos)
        per_anchor = tf.reduce_sum(mask_pos_view_target * log_prob, axis=1)
        loss_target = -tf.reduce_sum(per_anchor) / n
        return loss_class + tw * loss_target

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": x, "bank": bank, "y": y, "y_bank": y_bank, "centers": centers},
            "variables": [proj]}
