"""The subject is pooled from the tokens at relative position 0; shorter sentences are padded with position 0
too, so the padding tokens count as subject tokens in the max pooling.
Source: https://github.com/qipeng/gcn-over-pruned-trees/issues/18"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "subj_mask = tf.expand_dims(tf.not_equal(subj_pos, 0), 2)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, seq, dim, hid, rel = 14, 6, 3, 5, 4
    w = tf.Variable(rng.standard_normal((dim, hid)).astype(f), name="gcn_w")
    bias = tf.Variable(0.5 * rng.standard_normal(hid).astype(f), name="gcn_b")
    out = tf.Variable(0.6 * rng.standard_normal((2 * hid, rel)).astype(f), name="out_mlp")
    words = rng.standard_normal((n, seq, dim))
    position = np.zeros((n, seq), "int32")
    padding = np.zeros((n, seq), bool)
    for i in range(n):
        length = rng.integers(3, seq + 1) if i else 3
        first = rng.integers(0, length - 1)
        span = range(first, first + 2)
        position[i, :length] = [0 if t in span else (t - first if t < first else t - first - 1)
                                for t in range(length)]
        words[i, length:] = 0.0                               # embedding of <PAD>
        padding[i, length:] = True
    batch = {
        "words": words.astype(f),
        "subj_pos": position,
        "masks": padding,
        "relation": rng.integers(0, rel, n).astype("int32"),
    }

    def reference(b):
        total = 0.0
        for i in range(n):
            length = int(tf.reduce_sum(tf.cast(~b["masks"][i], tf.int32)))
            h = tf.nn.tanh(b["words"][i, :length] @ w + bias)
            subject = [h[t] for t in range(length) if int(b["subj_pos"][i, t]) == 0]
            rep = tf.concat([tf.reduce_max(h, axis=0), tf.reduce_max(tf.stack(subject), axis=0)], axis=0)
            total -= tf.nn.log_softmax(rep[None] @ out)[0, int(b["relation"][i])]
        return total / n

    def candidate(b):
        def pool(h, mask):
            h = tf.where(mask, tf.cast(-1e12, h.dtype), h)
            return tf.reduce_max(h, axis=1)

        masks, subj_pos = b["masks"], b["subj_pos"]
        h = keras.activations.tanh(tf.tensordot(b["words"], w, 1) + bias)
        subj_mask = tf.expand_dims(tf.not_equal(subj_pos, 0), 2)
        pool_mask = tf.expand_dims(masks, 2)
        h_out = pool(h, pool_mask)
        subj_out = pool(h, subj_mask)
        logits = tf.matmul(tf.concat([h_out, subj_out], axis=1), out)
        return keras.losses.SparseCategoricalCrossentropy(from_logits=True)(b["relation"], logits)

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [w, bias, out]}
