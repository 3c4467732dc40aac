"""transformers LabelSmoother: with gradient accumulation it divides by the micro-batch's own tokens instead
of num_items_in_batch, inflating gradients. Source: https://github.com/huggingface/transformers/pull/46734"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "denom = tf.reduce_sum(1.0 - pad)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    M, B, T, D, V = 3, 2, 4, 3, 6
    W = tf.Variable(rng.normal(0, 1, (D, V)).astype(fx), name="W")
    b = tf.Variable(rng.normal(0, 0.3, (V,)).astype(fx), name="b")
    labels = rng.integers(0, V, (M, B, T))
    labels[0, 1, 2:] = -100
    labels[2, 0, 1:] = -100
    labels[1, 0, 3:] = -100

    def reference(batch):
        eps = 0.1
        y = tf.reshape(batch["labels"], [-1])
        x = tf.reshape(batch["hidden"], [-1, D])
        keep = tf.not_equal(y, -100)
        logits = tf.boolean_mask(tf.matmul(x, W) + b, keep)
        y = tf.boolean_mask(y, keep)
        soft = tf.one_hot(y, V, on_value=1.0 - eps + eps / V, off_value=eps / V, dtype=fx)
        ce = tf.nn.softmax_cross_entropy_with_logits(soft, logits)
        return tf.reduce_sum(ce) / batch["num_items_in_batch"]

    def candidate(batch):
        epsilon = 0.1

        def label_smoother(logits, labels, num_items):
            log_probs = -tf.nn.log_softmax(logits, axis=-1)
            pad = tf.cast(tf.equal(labels, -100), logits.dtype)
            safe = tf.maximum(labels, 0)
            nll = tf.gather(log_probs, safe, batch_dims=2) * (1.0 - pad)
            smooth = tf.reduce_sum(log_probs, axis=-1) * (1.0 - pad)
            denom = tf.reduce_sum(1.0 - pad)
            nll_loss = tf.reduce_sum(nll) / denom
            smooth_loss = tf.reduce_sum(smooth) / (denom * V)
            return (1.0 - epsilon) * nll_loss + epsilon * smooth_loss

        total = 0.0
        for m in range(M):
            logits = tf.tensordot(batch["hidden"][m], W, 1) + b
            total += label_smoother(logits, batch["labels"][m], batch["num_items_in_batch"])
        return total

    return {"reference": reference, "candidate": candidate,
            "batch": {"hidden": rng.normal(size=(M, B, T, D)).astype(fx), "labels": labels.astype("int32"),
                      "num_items_in_batch": np.asarray((labels != -100).sum(), fx)},
            "variables": [W, b]}
