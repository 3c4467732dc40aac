"""U-Net style segmentation: per-image weights read as a column (n, 1) times a per-image loss (n,).

Origin: realistic, after https://github.com/tensorflow/tensorflow/issues/27190 (what shape a loss with reduction none
returns) and gradientinstitute/aboleth issue 144 (weights raising the rank of the summand). Not a copy of their code.
Right answer: NOT equivalent; the product is (n, n), so every image is weighted by the mean weight.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "broadcast",
    "line_marker": 'weighted = b["img_weight"] * per_image',
    "same_forward_value": False,
}


def pixel_ce(labels, logits):
    """Categorical cross-entropy per pixel, (batch, h, w)."""
    return tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=logits)


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, h, w, ch, classes = 14, 6, 5, 2, 3
    down = keras.layers.Conv2D(4, 3, padding="same", activation="tanh", name="down", dtype=f)
    head = keras.layers.Conv2D(classes, 1, name="head", dtype=f)
    down.build((None, h, w, ch))
    head.build((None, h, w, 4))
    for layer in (down, head):
        layer.set_weights([0.5 * rng.standard_normal(p.shape).astype(f) for p in layer.get_weights()])
    batch = {
        "image": rng.standard_normal((n, h, w, ch)).astype(f),
        "mask": rng.integers(0, classes, (n, h, w)),
        "img_weight": rng.uniform(0.1, 4.0, (n, 1)).astype(f),
    }

    def reference(b):
        ce = pixel_ce(b["mask"], head(down(b["image"])))
        total = 0.0
        for i in range(ce.shape[0]):
            total += b["img_weight"][i, 0] * tf.reduce_mean(ce[i])
        return total / ce.shape[0]

    def candidate(b):
        logits = head(down(b["image"]))
        per_image = tf.reduce_mean(pixel_ce(b["mask"], logits), axis=[1, 2])
        weighted = b["img_weight"] * per_image
        return tf.reduce_mean(weighted)

    return {
        "variables": down.trainable_variables + head.trainable_variables,
        "batch": batch,
        "reference": reference,
        "candidate": candidate,
    }
