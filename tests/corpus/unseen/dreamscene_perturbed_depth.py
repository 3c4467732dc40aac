"""Gaussian splatting from a panorama: the depth loss of the perturbed view correlates the depths of the original view once more.

Source (real): https://github.com/ShijieZhou-UCLA/DreamScene360/issues/8 (PyTorch, ported; train.py, "unused pred_depth", confirmed and fixed).
Right answer: NOT equivalent; the perturbed rendering gets no gradient from its own depth.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "loss_perturbation_depth = 1.0 - pearson_corrcoef(rendered_depth, gt_depth)",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, views, splats = 24, 2, 7

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    z = tf.Variable(1.5 + 0.5 * arr(splats), name="splat_depth")
    opacity = tf.Variable(arr(splats), name="splat_opacity")
    color = tf.Variable(arr(splats), name="splat_color")
    mono_w = tf.constant(np.asarray(1.3, f))
    batch = {
        "footprint": rng.random((n, views, splats)).astype(f),    # per pixel: original and perturbed camera
        "gt_depth": (1.5 + 0.4 * arr(n)).astype(f),
        "gt_image": rng.random(n).astype(f),
    }

    def render(foot):
        w = foot * tf.sigmoid(opacity)
        w = w / tf.reduce_sum(w, -1, keepdims=True)
        return tf.linalg.matvec(w, tf.sigmoid(color)), tf.linalg.matvec(w, z)

    def estimate_depth(image):
        # frozen monocular network
        return tf.tanh(mono_w * (image - 0.5)) + image**2

    def pearson_corrcoef(a, c):
        a, c = a - tf.reduce_mean(a), c - tf.reduce_mean(c)
        return tf.reduce_sum(a * c) / tf.sqrt(tf.reduce_sum(a * a) * tf.reduce_sum(c * c))

    def reference(b):
        total = 0.0
        for view in range(views):
            image, depth = render(b["footprint"][:, view])
            if view == 0:
                total += tf.reduce_mean(tf.square(image - b["gt_image"]))
                total += 0.1 * (1.0 - pearson_corrcoef(depth, b["gt_depth"]))
            else:
                total += 0.2 * (1.0 - pearson_corrcoef(depth, estimate_depth(image)))
        return total

    def candidate(b):
        image, rendered_depth = render(b["footprint"][:, 0])
        gt_depth = b["gt_depth"]
        Ll1 = tf.reduce_mean(tf.square(image - b["gt_image"]))
        loss_depth = 1.0 - pearson_corrcoef(rendered_depth, gt_depth)
        perturbation_image, perturbation_rendered_depth = render(b["footprint"][:, 1])
        pred_depth = estimate_depth(perturbation_image)
        loss_perturbation_depth = 1.0 - pearson_corrcoef(rendered_depth, gt_depth)
        return Ll1 + 0.1 * loss_depth + 0.2 * loss_perturbation_depth

    return {"variables": [z, opacity, color], "batch": batch, "reference": reference, "candidate": candidate}
