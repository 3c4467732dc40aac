"""NRI: my_softmax(axis=1) transposes, takes a softmax over axis 0 and transposes back; a reader thought that it normalises
over the batch. It predates the dim argument and is right.
Source: https://github.com/ethanfetaya/NRI/issues/25"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, edges, feat, types, out = 12, 6, 5, 3, 2
    enc = tf.Variable(rng.normal(size=(feat, types)).astype(f), name="enc")
    msg = tf.Variable(rng.normal(size=(types, feat, out)).astype(f) * 0.5, name="msg")
    batch = {"edge": rng.normal(size=(n, edges, feat)).astype(f), "next": rng.normal(size=(n, out)).astype(f)}

    def reference(batch):
        logits = tf.einsum("nef,ft->net", batch["edge"], enc)
        log_p = tf.nn.log_softmax(logits, axis=2)
        p = tf.exp(log_p)
        pred = tf.einsum("net,nef,tfo->no", p, batch["edge"], msg)
        nll = tf.reduce_mean(tf.square(pred - batch["next"])) / 2
        kl = tf.reduce_sum(p * (log_p + float(np.log(types)))) / (n * edges)
        return nll + kl

    def candidate(batch):
        def my_softmax(input, axis=1):
            rank = len(input.shape)
            perm = list(range(rank))
            perm[0], perm[axis] = axis, 0
            trans_input = tf.transpose(input, perm)
            shifted = trans_input - tf.reduce_max(trans_input, axis=0, keepdims=True)
            soft_max_1d = tf.exp(shifted) / tf.reduce_sum(tf.exp(shifted), axis=0)
            return tf.transpose(soft_max_1d, perm)

        def kl_categorical_uniform(preds, num_edge_types):
            return tf.reduce_sum(preds * tf.math.log(preds)) / (n * edges) + float(np.log(num_edge_types))

        logits = tf.tensordot(batch["edge"], enc, 1)
        prob = my_softmax(logits, -1 % 3)
        output = tf.zeros((n, out), f)
        for k in range(types):
            message = tf.tensordot(batch["edge"], msg[k], 1)
            output += tf.reduce_sum(message * prob[:, :, k:k + 1], axis=1)
        loss_nll = tf.reduce_sum((output - batch["next"]) ** 2) / (2 * n * out)
        return loss_nll + kl_categorical_uniform(prob, types)

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [enc, msg]}
