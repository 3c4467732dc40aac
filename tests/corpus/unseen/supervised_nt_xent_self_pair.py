"""Supervised NT-Xent: the label mask counts the pair (i, i) as a positive.

Source (real): https://github.com/alinlab/CSI/issues/49 (PyTorch, ported: Supervised_NT_xent).
Right answer: NOT equivalent; the term of (i, i) is a constant, but it takes part in the number of positives.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": "Mask = tf.cast(tf.equal(labels, tf.transpose(labels)), sim_matrix.dtype)",
    "same_forward_value": False,
}

_T = 0.5


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, out = 14, 6, 4

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    w = tf.Variable(0.6 * arr(d, out), name="projector")
    bias = tf.Variable(0.3 * arr(out), name="projector_bias")
    batch = {"images1": arr(n, d), "images2": arr(n, d), "labels": rng.choice(5, n, p=[0.4, 0.3, 0.1, 0.1, 0.1])}

    def simclr(x):
        return tf.math.l2_normalize(x @ w + bias, axis=-1)

    def reference(b):
        z = tf.unstack(tf.concat([simclr(b["images1"]), simclr(b["images2"])], axis=0))
        y = np.tile(b["labels"].numpy(), 2)
        total = 0.0
        for i in range(len(z)):
            rest = [j for j in range(len(z)) if j != i]
            logits = {j: tf.tensordot(z[i], z[j], 1) / _T for j in rest}
            log_norm = tf.reduce_logsumexp(tf.stack(list(logits.values())))
            positives = [j for j in rest if y[j] == y[i]]
            total += tf.add_n([log_norm - logits[j] for j in positives]) / len(positives)
        return total / len(z)

    def candidate(b):
        def get_similarity_matrix(outputs):
            return tf.matmul(outputs, outputs, transpose_b=True)

        def Supervised_NT_xent(sim_matrix, labels, temperature=0.5, chunk=2, eps=1e-8):
            labels = tf.tile(labels, [2])
            logits_max = tf.reduce_max(sim_matrix, axis=1, keepdims=True)
            sim_matrix = sim_matrix - tf.stop_gradient(logits_max)
            B = sim_matrix.shape[0] // chunk
            eye = tf.eye(B * chunk, dtype=sim_matrix.dtype)
            sim_matrix = tf.exp(sim_matrix / temperature) * (1 - eye)
            denom = tf.reduce_sum(sim_matrix, axis=1, keepdims=True)
            sim_matrix = -tf.math.log(sim_matrix / (denom + eps) + eps)
            labels = tf.reshape(labels, [-1, 1])
            Mask = tf.cast(tf.equal(labels, tf.transpose(labels)), sim_matrix.dtype)
            Mask = Mask / (tf.reduce_sum(Mask, axis=1, keepdims=True) + eps)
            return tf.reduce_sum(Mask * sim_matrix) / (2 * B)

        outputs = tf.concat([simclr(b["images1"]), simclr(b["images2"])], axis=0)
        return Supervised_NT_xent(get_similarity_matrix(outputs), b["labels"], temperature=_T)

    return {"variables": [w, bias], "batch": batch, "reference": reference, "candidate": candidate}
