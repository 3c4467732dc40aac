"""The edge-aware single-view normal loss is weighted with the image gradient where it should be one
minus the normalised gradient. Source: https://github.com/zju3dv/PGSR/issues/43"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": 'image_weight = grad_norm',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()

    def normal(*shape, scale=1.0):
        return (scale * rng.standard_normal(shape)).astype(fx)

    def var(name, *shape, scale=1.0):
        return tf.Variable(normal(*shape, scale=scale), name=name)

    h, w = 5, 5
    image = rng.random((h, w)).astype(fx)
    valid = np.ones((h, w), dtype=fx)
    valid[1, 2] = 0
    valid[3, 3] = 0
    coords = normal(h, w, 3)
    depth_normal = normal(h, w, 3)
    kernel = var("kernel", 3, 3)

    def reference(batch):
        img = batch["image"]
        gx = tf.abs(img[1:-1, 2:] - img[1:-1, :-2])
        gy = tf.abs(img[2:, 1:-1] - img[:-2, 1:-1])
        g = tf.maximum(gx, gy)
        g = (g - tf.reduce_min(g)) / (tf.reduce_max(g) - tf.reduce_min(g))
        total, area = 0.0, 0.0
        for r in range(1, h - 1):
            for c in range(1, w - 1):
                m = batch["valid"][r, c]
                rendered = tf.linalg.matvec(kernel, batch["coords"][r, c], transpose_a=True)
                gap = tf.reduce_sum(tf.abs(rendered - batch["depth_normal"][r, c]))
                total += m * (1.0 - g[r - 1, c - 1]) ** 2 * gap
                area += m
        return total / area

    def candidate(batch):
        img = batch["image"]
        grad_x = tf.abs(img[1:-1, 2:] - img[1:-1, :-2])
        grad_y = tf.abs(img[2:, 1:-1] - img[:-2, 1:-1])
        grad = tf.reduce_max(tf.stack([grad_x, grad_y]), axis=0)
        lo, hi = tf.reduce_min(grad), tf.reduce_max(grad)
        grad_norm = (grad - lo) / (hi - lo)
        image_weight = grad_norm
        image_weight = tf.stop_gradient(tf.square(image_weight))
        rendered = tf.einsum("hwi,ij->hwj", batch["coords"], kernel)
        l1 = tf.reduce_sum(tf.abs(batch["depth_normal"] - rendered), axis=-1)[1:-1, 1:-1]
        inside = batch["valid"][1:-1, 1:-1]
        return tf.reduce_sum(image_weight * l1 * inside) / tf.reduce_sum(inside)

    return {"reference": reference, "candidate": candidate,
            "batch": {"image": image, "valid": valid, "coords": coords, "depth_normal": depth_normal},
            "variables": [kernel]}
