"""keras-core apply_mask rescales the mask by the leading dimension over the number of valid elements, though the
mean that follows divides by the number of all elements.
Source: https://github.com/keras-team/keras-core/pull/802"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "total = tf.cast(tf.shape(mask)[0], dtype)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()

    def var(name, *shape, s=0.5):
        return tf.Variable((s * rng.normal(size=shape)).astype(fx), name=name)

    n, t, d, c = 3, 4, 5, 3
    w = var("w", d, c)
    b = var("b", c)

    def reference(batch):
        weights, losses = [], []
        for i in range(n):
            for s in range(t):
                if mask_np[i, s]:
                    lp = tf.nn.log_softmax(batch["x"][i, s][None] @ w + b)[0]
                    losses.append(-lp[batch["y"][i, s]] * batch["sw"][i, s])
        return tf.add_n(losses) / len(losses) + 0.05 * tf.reduce_sum(w ** 2)

    def candidate(batch):
        def apply_mask(sample_weight, mask, dtype):
            mask = tf.cast(mask, dtype)
            total = tf.cast(tf.shape(mask)[0], dtype)
            valid = tf.reduce_sum(mask)
            mask *= total / valid
            return sample_weight * mask

        def reduce_weighted_values(values, sample_weight):
            values = values * sample_weight
            return tf.reduce_sum(values) / tf.cast(tf.size(values), values.dtype)

        logits = tf.tensordot(batch["x"], w, 1) + b
        values = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=batch["y"], logits=logits)
        sample_weight = apply_mask(batch["sw"], batch["mask"], values.dtype)
        return reduce_weighted_values(values, sample_weight) + 0.05 * tf.reduce_sum(tf.square(w))

    mask_np = np.array([[1, 1, 1, 0], [1, 1, 0, 0], [1, 1, 1, 1]], bool)
    return {"reference": reference, "candidate": candidate,
            "batch": {"x": rng.normal(size=(n, t, d)).astype(fx), "y": rng.integers(0, c, (n, t)).astype("int32"),
                      "sw": rng.uniform(0.5, 1.5, (n, t)).astype(fx), "mask": mask_np},
            "variables": [w, b]}
