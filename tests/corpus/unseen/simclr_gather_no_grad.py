"""SimCLR on two workers: the gathered embeddings carry no gradient, so only one side of the similarity matrix is trained.

Source (real): https://github.com/facebookresearch/vissl/pull/123 (PyTorch distributed, ported; workers are slices of the batch).
Right answer: NOT equivalent to the run on one worker, though the loss has the same value.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "stop_gradient",
    "line_marker": "return tf.stop_gradient(tf.concat(tensors, axis=0))",
    "same_forward_value": True,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, dim, world, tau = 16, 6, 4, 2, 0.3

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    w1 = tf.Variable(0.6 * arr(d, 5), name="encoder")
    w2 = tf.Variable(0.6 * arr(5, dim), name="projector")
    base = arr(n, d)
    batch = {"view1": base + 0.2 * arr(n, d), "view2": base + 0.2 * arr(n, d)}

    def embed(x):
        return tf.math.l2_normalize(tf.tanh(x @ w1) @ w2, axis=1)

    def reference(b):
        m = b["view1"].shape[0]
        z = tf.concat([embed(b["view1"]), embed(b["view2"])], axis=0)
        sim = tf.matmul(z, z, transpose_b=True) / tau
        total = 0.0
        for i in range(2 * m):
            others = tf.concat([sim[i, :i], sim[i, i + 1:]], axis=0)
            total += tf.reduce_logsumexp(others) - sim[i, (i + m) % (2 * m)]
        return total / (2 * m)

    def candidate(b):
        def gather_from_all(tensors):
            return tf.stop_gradient(tf.concat(tensors, axis=0))

        v1, v2 = tf.split(b["view1"], world), tf.split(b["view2"], world)
        embeddings = [tf.concat([embed(p), embed(q)], axis=0) for p, q in zip(v1, v2)]
        embeddings_buffer = gather_from_all(embeddings)
        losses = []
        for rank, embedding in enumerate(embeddings):
            local = embedding.shape[0]
            similarity = tf.exp(tf.matmul(embedding, embeddings_buffer, transpose_b=True) / tau)
            rows = np.arange(local)
            pos_mask = np.zeros((local, world * local))
            neg_mask = np.ones((local, world * local))
            pos_mask[rows, rank * local + (rows + local // 2) % local] = 1.0
            neg_mask[rows, rank * local + rows] = 0.0
            neg_mask -= pos_mask
            pos = tf.reduce_sum(similarity * pos_mask.astype(f), axis=1)
            neg = tf.reduce_sum(similarity * neg_mask.astype(f), axis=1)
            losses.append(-tf.reduce_mean(tf.math.log(pos / (pos + neg))))
        return tf.add_n(losses) / world

    return {"variables": [w1, w2], "batch": batch, "reference": reference, "candidate": candidate}
