"""Segmentation: SparseCategoricalCrossentropy already averages over batch and pixels, then it is divided by the batch size.

Origin (realistic): code moved from reduction="sum" to the default reduction, the division stayed; the weight decay term
is not divided, so their balance changes too.
Right answer: NOT equivalent; the data term is a factor n too small.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "data = xent(b['label'], logits) / tf.cast(tf.shape(logits)[0], logits.dtype)",
    "same_forward_value": False,
}

_DECAY = 0.01


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, pix, d, k = 15, 6, 4, 3

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    head = keras.layers.Dense(k, name="pixel_head", dtype=f)
    head.build((None, None, d))
    head.set_weights([0.7 * arr(*p.shape) for p in head.get_weights()])
    batch = {"feat": arr(n, pix, d), "label": rng.integers(0, k, (n, pix))}

    def reference(b):
        m = b["feat"].shape[0]
        total = 0.0
        for i in range(m):
            logp = tf.nn.log_softmax(head(b["feat"][i]))
            for j in range(pix):
                total -= logp[j, b["label"][i, j]]
        return total / (m * pix) + _DECAY * tf.reduce_sum(tf.square(tf.convert_to_tensor(head.kernel)))

    def candidate(b):
        xent = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        logits = head(b["feat"])
        data = xent(b['label'], logits) / tf.cast(tf.shape(logits)[0], logits.dtype)
        decay = _DECAY * keras.ops.sum(keras.ops.square(head.kernel))
        return data + decay

    return {"variables": head.trainable_variables, "batch": batch, "reference": reference, "candidate": candidate}
