"""Attention over the turns of a dialogue: paddings = mask * (-1e8) is 0 exactly where the mask is 0, so padded turns keep a score of 0.
Source: https://github.com/30stomercury/Interaction-Aware-Attention-Network/issues/1"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "paddings = mask_att * (-1e8)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, turns, d, a, c = 15, 6, 5, 4, 3
    h = rng.standard_normal((n, turns, d)).astype(f)
    lengths = rng.integers(1, turns, n).astype("int32")
    y = rng.integers(0, c, n).astype("int32")
    w = tf.Variable(rng.standard_normal((d, a)), dtype=f, name="w")
    u = tf.Variable(rng.standard_normal((a,)), dtype=f, name="u")
    head = tf.Variable(rng.standard_normal((d, c)), dtype=f, name="head")

    def xent(context, labels):
        return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=context @ head))

    def reference(batch):
        # one dialogue after the other, without its padding
        contexts = []
        for i in range(n):
            turns_i = batch["h"][i, :int(lengths[i])]
            alpha = tf.nn.softmax(tf.linalg.matvec(tf.tanh(turns_i @ w), u))
            contexts.append(tf.linalg.matvec(turns_i, alpha, transpose_a=True))
        return xent(tf.stack(contexts), batch["y"])

    def candidate(batch):
        mask_att = tf.sequence_mask(batch["lengths"], turns, dtype=f)
        v = tf.tanh(tf.tensordot(batch["h"], w, axes=1))
        vu = tf.tensordot(v, u, axes=1, name="vu")
        paddings = mask_att * (-1e8)
        vu = tf.where(tf.equal(mask_att, 0), paddings, vu)
        alphas = tf.nn.softmax(vu, name="alphas")
        output = tf.reduce_sum(batch["h"] * tf.expand_dims(alphas, -1), 1)
        return xent(output, batch["y"])

    return {"reference": reference, "candidate": candidate, "batch": {"h": h, "lengths": lengths, "y": y},
            "variables": [w, u, head]}
