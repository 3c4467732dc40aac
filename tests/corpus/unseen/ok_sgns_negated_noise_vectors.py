"""Skip-gram with negative sampling: -(oloss + nloss) was reported as a wrong sign, but the noise vectors are negated where
they are looked up, so it is right.
Source: https://github.com/theeluwin/pytorch-sgns/issues/12"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, window, negs, vocab, dim = 13, 4, 3, 9, 5
    ivec = tf.Variable(rng.normal(size=(vocab, dim)).astype(f), name="ivec")
    ovec = tf.Variable(rng.normal(size=(vocab, dim)).astype(f), name="ovec")
    batch = {
        "iword": rng.integers(0, vocab, size=(n,)).astype("int32"),
        "owords": rng.integers(0, vocab, size=(n, window)).astype("int32"),
        "nwords": rng.integers(0, vocab, size=(n, window * negs)).astype("int32"),
    }

    def reference(batch):
        centre = tf.gather(ivec, batch["iword"])
        true = tf.einsum("nd,nwd->nw", centre, tf.gather(ovec, batch["owords"]))
        noise = tf.einsum("nd,nwd->nw", centre, tf.gather(ovec, batch["nwords"]))
        bce_true = tf.reduce_mean(tf.nn.softplus(-true), axis=1)
        bce_noise = tf.reduce_sum(tf.nn.softplus(noise), axis=1) / window
        return tf.reduce_mean(bce_true + bce_noise)

    def candidate(batch):
        class Word2Vec:
            def forward_i(self, data):
                return tf.nn.embedding_lookup(ivec, data)

            def forward_o(self, data):
                return tf.nn.embedding_lookup(ovec, data)

        embedding = Word2Vec()
        ivectors = embedding.forward_i(batch["iword"])[:, :, None]
        ovectors = embedding.forward_o(batch["owords"])
        nvectors = tf.negative(embedding.forward_o(batch["nwords"]))
        oloss = tf.reduce_mean(tf.math.log_sigmoid(tf.squeeze(tf.matmul(ovectors, ivectors), 2)), 1)
        nloss = tf.math.log_sigmoid(tf.squeeze(tf.matmul(nvectors, ivectors), 2))
        nloss = tf.reduce_mean(tf.reduce_sum(tf.reshape(nloss, [-1, window, negs]), 2), 1)
        return -tf.reduce_mean(oloss + nloss)

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [ivec, ovec]}
