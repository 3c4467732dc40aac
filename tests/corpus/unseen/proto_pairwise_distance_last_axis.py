"""Prototypical loss for speaker embeddings: the (N, D, N) difference tensor is reduced over its last axis (the prototypes)
instead of the embedding axis, the "distance matrix" gets shape (N, D), and the cross entropy accepts it.
Source: https://github.com/clovaai/voxceleb_trainer/issues/169"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": "return tf.norm(x1 - x2 + 1e-6, axis=-1)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, views, feat, dim = 12, 2, 5, 16
    w = tf.Variable(rng.normal(size=(feat, dim)).astype(f) * 0.4, name="w")
    b = tf.Variable(rng.normal(size=(dim,)).astype(f) * 0.3, name="b")
    speaker = rng.normal(size=(n, 1, feat))
    batch = {"x": (speaker + 0.5 * rng.normal(size=(n, views, feat))).astype(f)}

    def reference(batch):
        z = tf.tanh(tf.einsum("nvf,fd->nvd", batch["x"], w) + b)
        query, proto = z[:, 0], z[:, 1]
        shifted = query[:, None, :] - proto[None, :, :] + 1e-6
        logits = -tf.reduce_sum(tf.square(shifted), axis=2)
        return -tf.reduce_mean(tf.linalg.diag_part(tf.nn.log_softmax(logits, axis=1)))

    def candidate(batch):
        def pairwise_distance(x1, x2):
            return tf.norm(x1 - x2 + 1e-6, axis=-1)

        class ProtoLoss:
            def forward(self, x):
                out_anchor = tf.reduce_mean(x[:, 1:, :], 1)
                out_positive = x[:, 0, :]
                stepsize = out_anchor.shape[0]
                pos = tf.tile(out_positive[:, :, None], [1, 1, stepsize])
                anc = tf.transpose(tf.tile(out_anchor[:, :, None], [1, 1, stepsize]), [2, 1, 0])
                output = -1 * pairwise_distance(pos, anc) ** 2
                label = tf.range(stepsize)
                return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(label, output))

        z = keras.ops.tanh(tf.tensordot(batch["x"], w, 1) + b)
        return ProtoLoss().forward(z)

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [w, b]}
