"""GRU language model: logits and labels are both shifted left, so every position predicts its own input token.

Source (realistic): next-token shift written once in the data pipeline and half of it again in the loss; Hugging Face
forum threads "do I need to shift the labels" show the same confusion.
Right answer: NOT equivalent; logits[:, :-1] belongs to tok[:, 1:], here logits[:, 1:] is used.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": 'pred, gold = lm(b["tok"])[:, 1:], b["tok"][:, 1:]',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, t, d, hid, vocab = 14, 6, 3, 4, 7
    lm = keras.Sequential(
        [
            keras.Input((None,), dtype="int32"),
            keras.layers.Embedding(vocab, d, name="embed", dtype=f),
            keras.layers.GRU(hid, return_sequences=True, name="gru", dtype=f),
            keras.layers.Dense(vocab, name="logits", dtype=f),
        ]
    )
    lm.set_weights([0.8 * rng.standard_normal(p.shape) for p in lm.get_weights()])
    batch = {"tok": rng.integers(0, vocab, (n, t)).astype("int32")}

    def reference(b):
        m = b["tok"].shape[0]
        total = 0.0
        for i in range(m):
            logp = tf.nn.log_softmax(lm(b["tok"][i : i + 1, : t - 1])[0])
            for s in range(t - 1):
                total -= logp[s, b["tok"][i, s + 1]]
        return total / (m * (t - 1))

    def candidate(b):
        pred, gold = lm(b["tok"])[:, 1:], b["tok"][:, 1:]
        nll = keras.losses.sparse_categorical_crossentropy(gold, pred, from_logits=True)
        return tf.reduce_mean(nll)

    return {
        "variables": lm.trainable_variables,
        "batch": batch,
        "reference": reference,
        "candidate": candidate,
    }
