"""CPC: the log-softmax of the (samples, contexts) scores runs over dim 1, so every z is matched against the contexts of
the batch; the loss of the paper keeps the context and matches it against the z.
Source: https://github.com/jefflai108/Contrastive-Predictive-Coding-PyTorch/issues/19"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": "lsoftmax = lambda scores: tf.nn.log_softmax(scores, axis=1)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, steps, feat, ctx, d = 16, 3, 6, 4, 5
    encoder = tf.Variable((0.6 * rng.standard_normal((feat, d))).astype(f), name="encoder")
    wk = [tf.Variable((0.6 * rng.standard_normal((ctx, d))).astype(f), name=f"wk{k}") for k in range(steps)]
    batch = {
        "future": rng.standard_normal((n, steps, feat)).astype(f),
        "c_t": (1.2 * rng.standard_normal((n, ctx)) + 0.7).astype(f),
    }

    def reference(batch):
        """For each context: which of the batch's futures belongs to it?"""
        z = tf.tanh(tf.einsum("btf,fd->btd", batch["future"], encoder))
        own = tf.range(n)
        total = 0.0
        for k in range(steps):
            guess = batch["c_t"] @ wk[k]
            logits = tf.einsum("id,jd->ij", guess, z[:, k])           # rows: contexts, columns: candidates
            total += tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(own, logits))
        return total / steps

    def candidate(batch):
        lsoftmax = lambda scores: tf.nn.log_softmax(scores, axis=1)
        encode_samples = tf.transpose(tf.tanh(batch["future"] @ encoder), (1, 0, 2))
        pred = []
        for linear in wk:
            pred.append(tf.matmul(batch["c_t"], linear))
        nce = 0.0
        for i in range(steps):
            total = tf.matmul(encode_samples[i], tf.transpose(pred[i]))
            nce = nce + tf.reduce_sum(tf.linalg.diag_part(lsoftmax(total)))
        nce = nce / (-1.0 * n * steps)
        return nce

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [encoder] + wk}
