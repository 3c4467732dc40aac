"""bert-summarizer: the new LabelSmoothingLoss averages over every position of the summary, the padded ones too.
Source: https://github.com/k-tahiro/bert-summarizer/pull/41"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "return tf.reduce_mean(loss)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, t, d, v, pad = 4, 7, 6, 9, 0
    smoothing = 0.1
    gen = keras.layers.Dense(v, name="generator")
    mix = keras.layers.Dense(d, activation="relu", name="mix")
    gen.build((None, None, d))
    mix.build((None, None, d))

    def reference(batch):
        lp = tf.nn.log_softmax(gen(mix(batch["states"])), axis=-1)
        target = batch["tgt"]
        keep = tf.reshape(tf.where(tf.reshape(target != pad, [-1])), [-1])
        flat = tf.gather(tf.reshape(lp, (-1, v)), keep)
        gold = tf.gather(tf.reshape(target, [-1]), keep)
        true_lp = tf.gather(flat, gold, batch_dims=1)
        rest = tf.reduce_sum(flat, axis=1) - true_lp
        per = (1 - smoothing) * true_lp + smoothing / (v - 1) * rest
        return -tf.reduce_mean(per)

    def candidate(batch):
        confidence = 1.0 - smoothing
        logits = gen(mix(batch["states"]))
        target = tf.reshape(batch["tgt"], [-1])
        pred = tf.nn.log_softmax(tf.reshape(logits, (-1, v)), axis=-1)
        true_dist = tf.one_hot(target, v, on_value=confidence, off_value=smoothing / (v - 1), dtype=pred.dtype)
        loss = tf.reduce_sum(-true_dist * pred, axis=-1)
        return tf.reduce_mean(loss)

    tgt = rng.integers(1, v, (n, t))
    for i, ln in enumerate([7, 4, 3, 5]):
        tgt[i, ln:] = pad
    return {"reference": reference, "candidate": candidate,
            "batch": {"states": rng.standard_normal((n, t, d)).astype(f), "tgt": tgt.astype("int32")},
            "variables": gen.trainable_variables + mix.trainable_variables}
