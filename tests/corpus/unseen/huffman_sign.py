"""score_sg_pair turns the Huffman code into signs with -1.0**word.code, which is -1 for every bit because the minus
is applied after the power. Source: https://github.com/piskvorky/gensim/issues/653"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "sign",
    "line_marker": 'sgn = -1.0 ** code',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()

    def var(name, *shape, scale=0.6):
        return tf.Variable((scale * rng.standard_normal(shape)).astype(fx), name=name)

    def arr(*shape, scale=1.0):
        return (scale * rng.standard_normal(shape)).astype(fx)

    n, vocab, nodes, dim, depth = 5, 6, 7, 4, 3
    syn0 = var("syn0", vocab, dim, scale=1.0)
    syn1 = var("syn1", nodes, dim, scale=1.0)
    points = np.stack([rng.permutation(nodes)[:depth] for _ in range(vocab)]).astype("int32")
    codes = rng.integers(0, 2, (vocab, depth))
    codes[:, 0] = np.arange(vocab) % 2

    def reference(batch):
        total = 0.0
        for i in range(n):
            l1 = syn0[batch["input"][i]]
            w = batch["word"][i]
            for d in range(depth):
                f = tf.reduce_sum(l1 * syn1[batch["points"][w, d]])
                right = batch["codes"][w, d]
                prob = right * tf.sigmoid(-f) + (1.0 - right) * tf.sigmoid(f)
                total -= tf.math.log(prob)
        return total / n

    def candidate(batch):
        l1 = tf.gather(syn0, batch["input"])
        l2a = tf.gather(syn1, tf.gather(batch["points"], batch["word"]))
        code = tf.gather(batch["codes"], batch["word"])
        sgn = -1.0 ** code
        lprob = -tf.nn.softplus(-sgn * tf.einsum("nd,npd->np", l1, l2a))
        return -tf.reduce_mean(tf.reduce_sum(lprob, axis=1))

    return {"reference": reference, "candidate": candidate,
            "batch": {"input": rng.permutation(vocab)[:n].astype("int32"),
                      "word": rng.permutation(vocab)[:n].astype("int32"),
                      "points": points, "codes": codes.astype(fx)},
            "variables": [syn0, syn1]}
