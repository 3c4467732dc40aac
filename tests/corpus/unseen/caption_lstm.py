"""The hand-written caption LSTM computes h = o * tanh(new_c), where new_c is only the cell candidate, instead of
tanh of the updated cell state. Source: https://github.com/jazzsaxmafia/show_attend_and_tell.tensorflow/issues/10"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": 'h = o * tf.nn.tanh(new_c)',
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

    n, steps, dim, words = 4, 3, 4, 6
    wx = var("lstm_W", dim, 4 * dim)
    wh = var("lstm_U", dim, 4 * dim)
    bias = var("lstm_b", 4 * dim)
    emb = var("Wemb", words, dim, scale=1.0)
    dec = var("decode_W", dim, words)

    def reference(batch):
        h = c = batch["ctx"]
        total = 0.0
        for t in range(steps):
            z = tf.matmul(tf.gather(emb, batch["sent"][:, t]), wx) + tf.matmul(h, wh) + bias
            gi, gf, go, g = (z[:, j * dim:(j + 1) * dim] for j in range(4))
            c = tf.sigmoid(gf) * c + tf.sigmoid(gi) * tf.tanh(g)
            h = tf.sigmoid(go) * tf.tanh(c)
            total += tf.nn.sparse_softmax_cross_entropy_with_logits(
                labels=batch["sent"][:, t + 1], logits=tf.matmul(h, dec))
        return tf.reduce_mean(total)

    def candidate(batch):
        h = batch["ctx"]
        c = batch["ctx"]
        loss = 0.0
        for ind in range(steps):
            word_emb = tf.nn.embedding_lookup(emb, batch["sent"][:, ind])
            preactive = tf.matmul(h, wh) + tf.matmul(word_emb, wx) + bias
            i, f, o, new_c = tf.split(preactive, 4, axis=1)
            i = tf.nn.sigmoid(i)
            f = tf.nn.sigmoid(f)
            o = tf.nn.sigmoid(o)
            new_c = tf.nn.tanh(new_c)
            c = f * c + i * new_c
            h = o * tf.nn.tanh(new_c)
            logit_words = tf.matmul(h, dec)
            onehot = tf.one_hot(batch["sent"][:, ind + 1], words, dtype=h.dtype)
            loss += tf.reduce_sum(tf.nn.softmax_cross_entropy_with_logits(labels=onehot, logits=logit_words))
        return loss / n

    return {"reference": reference, "candidate": candidate,
            "batch": {"ctx": arr(n, dim), "sent": rng.integers(0, words, (n, steps + 1)).astype("int32")},
            "variables": [wx, wh, bias, emb, dec]}
