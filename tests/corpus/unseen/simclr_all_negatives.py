"""Reshaping the masked similarity matrix seems to lose negative pairs of the NT-Xent
loss; every row keeps its 2(N-1) negatives. Source: https://github.com/sthalles/SimCLR/issues/11"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": True,
    "cause": 'none',
    "line_marker": None,
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()

    def var(name, *shape, s=0.6):
        return tf.Variable(rng.normal(0.0, s, shape).astype(fx), name=name)

    def arr(*shape):
        return rng.normal(size=shape).astype(fx)

    N, d, k = 4, 6, 3
    w1, w2 = var("w1", d, 6), var("w2", 6, k)
    temp = 0.3

    def project(x):
        return tf.nn.l2_normalize(tf.nn.elu(x @ w1) @ w2, axis=1)

    def reference(batch):
        z = tf.concat([project(batch["xi"]), project(batch["xj"])], axis=0)
        loss = 0.0
        for i in range(2 * N):
            others = [j for j in range(2 * N) if j != i]
            sims = tf.linalg.matvec(tf.gather(z, others), z[i]) / temp
            pos = tf.tensordot(z[i], z[(i + N) % (2 * N)], 1) / temp
            loss += tf.reduce_logsumexp(sims) - pos
        return loss / float(2 * N)

    def candidate(batch):
        reps = tf.concat([project(batch["xj"]), project(batch["xi"])], axis=0)
        similarity_matrix = tf.matmul(reps, reps, transpose_b=True)
        upper = tf.linalg.diag_part(similarity_matrix, k=N)
        lower = tf.linalg.diag_part(similarity_matrix, k=-N)
        positives = tf.reshape(tf.concat([upper, lower], 0), [2 * N, 1])
        same = np.eye(2 * N) + np.eye(2 * N, k=N) + np.eye(2 * N, k=-N)
        negatives = tf.reshape(tf.boolean_mask(similarity_matrix, same == 0), [2 * N, -1])
        logits = tf.concat([positives, negatives], axis=1) / temp
        labels = tf.zeros([2 * N], tf.int32)
        ce = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=logits)
        return tf.reduce_sum(ce) / float(2 * N)

    return {"reference": reference, "candidate": candidate,
            "batch": {"xi": arr(N, d), "xj": arr(N, d)},
            "variables": [w1, w2]}
