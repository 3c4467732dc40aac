"""The issue says that summing the heads instead of concatenating them, with no linear layer afterwards, is a mistake; with
value maps of full width it is the same function, the output matrix being part of each head's value map.
Source: https://github.com/awf/functional-transformer/issues/8"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    b, l, dm, dk, heads, vocab = 12, 5, 6, 3, 2, 7

    def par(name, *shape):
        return tf.Variable((0.6 * rng.standard_normal(shape)).astype(f), name=name)

    wq, wk, wv, wo, readout = (par("wq", heads, dm, dk), par("wk", heads, dm, dk), par("wv", heads, dm, dk),
                               par("wo", heads * dk, dm), par("readout", dm, vocab))
    causal = np.triu(np.full((l, l), -1e9), 1).astype(f)

    def reference(batch):
        x = batch["emb"]
        q, k, v = [tf.einsum("bld,hdk->bhlk", x, w) for w in (wq, wk, wv)]
        a = tf.nn.softmax(tf.matmul(q, k, transpose_b=True) / np.sqrt(dk).astype(f) + causal)
        cat = tf.reshape(tf.transpose(a @ v, (0, 2, 1, 3)), (b, l, heads * dk))
        logits = (x + cat @ wo) @ readout
        return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(batch["next"], logits))

    def candidate(batch):
        tau = 1 / dk ** 0.5
        layer_heads = [{"query": wq[h], "key": wk[h], "value": wv[h] @ wo[h * dk:(h + 1) * dk]} for h in range(heads)]

        def linear(weight, t):
            return tf.matmul(t, weight)

        def one_sequence(t1):
            embeddings = t1
            for head in layer_heads:
                query, key = linear(head["query"], t1), linear(head["key"], t1)
                score = tf.matmul(query, tf.transpose(key))
                attn = tf.nn.softmax(tau * score + causal, axis=1)
                self_attn = attn @ linear(head["value"], t1)
                embeddings += self_attn
            return tf.nn.log_softmax(linear(readout, embeddings))

        total = 0.0
        for i in range(b):
            lp = one_sequence(batch["emb"][i])
            total -= tf.reduce_mean(tf.gather(lp, batch["next"][i], axis=1, batch_dims=1))
        return total / b

    batch = {"emb": rng.standard_normal((b, l, dm)).astype(f), "next": rng.integers(0, vocab, (b, l))}
    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [wq, wk, wv, wo, readout]}
