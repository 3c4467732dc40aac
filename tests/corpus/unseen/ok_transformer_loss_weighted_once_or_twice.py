"""Official transformer: the padded cross entropy is multiplied by the 0/1 weights already, a pull request drops the second
multiplication. As the weights are 0 or 1 both give the same loss.
Source: https://github.com/tensorflow/models/pull/4270"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, steps, vocab, dim = 12, 6, 8, 5
    smoothing = 0.1
    w = tf.Variable(rng.normal(size=(dim, vocab)).astype(f), name="w")
    b = tf.Variable(rng.normal(size=(vocab,)).astype(f) * 0.2, name="b")
    labels = rng.integers(1, vocab, size=(n, steps))
    labels[np.arange(steps)[None] >= rng.integers(2, steps + 1, size=(n, 1))] = 0
    batch = {"h": rng.normal(size=(n, steps, dim)).astype(f), "labels": labels.astype("int32")}

    def reference(batch):
        place = tf.where(tf.not_equal(batch["labels"], 0))
        h, y = tf.gather_nd(batch["h"], place), tf.gather_nd(batch["labels"], place)
        logp = tf.nn.log_softmax(tf.matmul(h, w) + b)
        low = smoothing / (vocab - 1)
        hit = tf.gather(logp, y, batch_dims=1)
        loss = -(1.0 - smoothing - low) * hit - low * tf.reduce_sum(logp, axis=1)
        floor = (1.0 - smoothing) * np.log(1.0 - smoothing) + (vocab - 1) * low * np.log(low + 1e-20)
        return tf.reduce_mean(loss + float(floor))

    def candidate(batch):
        def padded_cross_entropy_loss(logits, labels):
            confidence = 1.0 - smoothing
            low_confidence = (1.0 - confidence) / float(vocab - 1)
            soft_targets = tf.one_hot(
                labels, depth=vocab, on_value=tf.cast(confidence, f), off_value=tf.cast(low_confidence, f))
            xentropy = tf.nn.softmax_cross_entropy_with_logits(labels=soft_targets, logits=logits)
            normalizing_constant = -(
                confidence * np.log(confidence) + float(vocab - 1) * low_confidence * np.log(low_confidence + 1e-20))
            xentropy -= float(normalizing_constant)
            weights = tf.cast(tf.not_equal(labels, 0), f)
            return xentropy * weights, weights

        logits = tf.tensordot(batch["h"], w, 1) + b
        xentropy, weights = padded_cross_entropy_loss(logits, batch["labels"])
        return tf.reduce_sum(xentropy * weights) / tf.reduce_sum(weights)

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [w, b]}
