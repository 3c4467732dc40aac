"""Solomonoff induction: the loss mask is 1 where the conditionals are to be ignored, but they are multiplied by it.

Source (real): https://github.com/google-deepmind/neural_networks_solomonoff_induction/issues/4 (JAX, ported; confirmed by the author).
Right answer: NOT equivalent; only the padding behind the program's output is learnt.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "true_conditionals = tf.multiply(mask, true_conditionals)",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, length, alphabet, d = 17, 8, 5, 4

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    embed = tf.Variable(arr(alphabet, d), name="embed")
    rec = tf.Variable(0.5 * arr(d, d), name="recurrent")
    head = tf.Variable(0.8 * arr(d, alphabet), name="head")
    produced = rng.integers(3, length - 1, n)[:, None]
    pos = np.arange(length)[None]
    batch = {
        "sequences": np.where(pos < produced, rng.integers(0, alphabet, (n, length)), 0),
        "mask": (pos >= produced).astype(f),               # 1: beyond the output of the machine
    }

    def conditionals(sequences):
        h = tf.zeros([sequences.shape[0], d], embed.dtype)
        out = []
        for t in range(length):
            out.append(tf.nn.log_softmax(h @ head))
            h = tf.tanh(h @ rec + tf.gather(embed, sequences[:, t]))
        return tf.stack(out, axis=1)

    def reference(b):
        logp = conditionals(b["sequences"])
        total = 0.0
        for i in range(b["sequences"].shape[0]):
            length_i = int(length - np.sum(b["mask"][i].numpy()))
            tok = tf.gather(logp[i, :length_i], b["sequences"][i, :length_i], batch_dims=1)
            total -= tf.reduce_sum(tok)
        return total / b["sequences"].shape[0]

    def candidate(b):
        def loss_fn(sequences, mask):
            """mask: 1 for the conditionals to ignore."""
            log_probs = conditionals(sequences)
            true_conditionals = tf.gather(log_probs, sequences, batch_dims=2)
            true_conditionals = tf.multiply(mask, true_conditionals)
            marginals = tf.reduce_sum(true_conditionals, axis=1)      # shape (B,)
            return -tf.reduce_mean(marginals)

        return loss_fn(b["sequences"], b["mask"])

    return {"variables": [embed, rec, head], "batch": batch, "reference": reference, "candidate": candidate}
