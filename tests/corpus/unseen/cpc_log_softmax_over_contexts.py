"""Contrastive predictive coding: for a context c_t the candidates are the futures z of all samples in the batch, so the
log-softmax of the z-by-c score matrix goes over the z axis; the code normalises over the contexts of one z.
Source: https://github.com/clam004/unsupervised-speech-representation-learning/issues/2"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": "log_ratio = tf.nn.log_softmax(zwc, axis=1)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, k_steps, zdim, cdim = 14, 3, 5, 6
    wk = tf.Variable(rng.normal(size=(k_steps, cdim, zdim)).astype(f) * 0.5, name="predictors")
    enc = tf.Variable(rng.normal(size=(zdim, zdim)).astype(f) * 0.5, name="encoder")
    c = rng.normal(size=(n, cdim)).astype(f)
    frames = rng.normal(size=(n, k_steps, zdim)).astype(f)

    def reference(batch):
        z = tf.tanh(tf.einsum("bkd,de->bke", batch["frames"], enc))
        pred = tf.einsum("bc,kcz->kbz", batch["c"], wk)
        score = tf.einsum("kbz,jkz->kbj", pred, z)
        target = tf.tile(tf.range(n)[None], (k_steps, 1))
        return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(target, score))

    def candidate(batch):
        class CPC:
            def encode(self, x):
                return tf.math.tanh(tf.matmul(x, enc))

            def nce(self, z_t_k, c_t, k):
                wc = tf.matmul(c_t, wk[k])
                zwc = tf.matmul(z_t_k, wc, transpose_b=True)
                log_ratio = tf.nn.log_softmax(zwc, axis=1)
                return tf.reduce_sum(tf.linalg.diag_part(log_ratio))

        cpc = CPC()
        loss = 0.0
        for k in range(k_steps):
            z_t_k = cpc.encode(batch["frames"][:, k])
            loss -= cpc.nce(z_t_k, batch["c"], k)
        return loss / (n * k_steps)

    return {"reference": reference, "candidate": candidate, "batch": {"c": c, "frames": frames}, "variables": [wk, enc]}
