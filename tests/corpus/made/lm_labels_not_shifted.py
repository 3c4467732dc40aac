"""Language model: the labels are tok[:, :-1], the same slice as the inputs, instead of tok[:, 1:].

Origin (realistic): teacher forcing with one slice forgotten; the loss goes down very fast, samples repeat tokens.
Right answer: NOT equivalent; each position predicts its own input.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": 'labels = b["tok"][:, :-1]',
    "same_forward_value": False,
}

def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, t, vocab, e = 12, 7, 8, 5

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    emb = keras.layers.Embedding(vocab, e, name="wte", dtype=f)
    mix = keras.layers.Dense(e, activation="tanh", name="mix", dtype=f)
    head = keras.layers.Dense(vocab, use_bias=False, name="lm_head", dtype=f)
    emb.build((None,))
    mix.build((None, None, e))
    head.build((None, None, e))
    for layer in (emb, mix, head):
        layer.set_weights([0.8 * arr(*p.shape) for p in layer.get_weights()])
    batch = {"tok": rng.integers(0, vocab, (n, t))}

    def reference(b):
        m = b["tok"].shape[0]
        total = 0.0
        for i in range(m):
            h = tf.zeros([1, e], emb.dtype)
            for j in range(t - 1):
                h = h + emb(b["tok"][i, j : j + 1])
                total -= tf.nn.log_softmax(head(mix(h)))[0, b["tok"][i, j + 1]]
        return total / (m * (t - 1))

    @tf.function
    def candidate(b):
        inputs = b["tok"][:, :-1]
        labels = b["tok"][:, :-1]
        logits = head(mix(tf.cumsum(emb(inputs), axis=1)))
        return tf.reduce_mean(
            tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=logits)
        )

    return {"variables": emb.trainable_variables + mix.trainable_variables + head.trainable_variables, "batch": batch, "reference": reference, "candidate": candidate}
