"""Contrastive loss over several ranks: GatherLayer.backward keeps only the rank's own gradients and does not reduce them.

Source (real): https://github.com/lightly-ai/lightly/issues/1528 and https://github.com/cellarium-ai/cellarium-ml/pull/184
(PyTorch distributed, ported with the ranks in one process).
Right answer: NOT equivalent to one device. What the other ranks' losses say about this rank's embeddings is lost.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "stop_gradient",
    "line_marker": "return [g if k == rank else tf.zeros_like(g) for k, g in enumerate(grads)]",
    "same_forward_value": True,
}

_TEMPERATURE = 0.5


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, hid, emb, world_size = 12, 6, 7, 4, 3

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    w1 = tf.Variable(0.6 * arr(d, hid), name="backbone")
    w2 = tf.Variable(0.6 * arr(hid, emb), name="projection_head")
    x = arr(n, d)
    batch = {"view0": x + 0.3 * arr(n, d), "view1": x + 0.3 * arr(n, d)}

    def model(v):
        return tf.math.l2_normalize(tf.nn.relu(v @ w1) @ w2, axis=1)

    def reference(b):
        z0, z1 = model(b["view0"]), model(b["view1"])
        m = z0.shape[0]
        loss = 0.0
        for i in range(m):
            for anchor, mine, other in ((z0[i], z0, z1), (z1[i], z1, z0)):
                same = tf.linalg.matvec(mine, anchor) / _TEMPERATURE
                cross = tf.linalg.matvec(other, anchor) / _TEMPERATURE
                negatives = tf.concat([same[:i], same[i + 1 :], cross], 0)
                loss += tf.reduce_logsumexp(negatives) - cross[i]
        return loss / (2 * m)

    def candidate(b):
        def gather_layer(rank, inputs):
            @tf.custom_gradient
            def all_gather(*tensors):
                def backward(*grads):
                    return [g if k == rank else tf.zeros_like(g) for k, g in enumerate(grads)]

                return [tf.identity(t) for t in tensors], backward

            return tf.concat(all_gather(*inputs), axis=0)

        out0 = tf.split(model(b["view0"]), world_size)
        out1 = tf.split(model(b["view1"]), world_size)
        batch_size = out0[0].shape[0]
        losses = []
        for rank in range(world_size):
            out0_large, out1_large = gather_layer(rank, out0), gather_layer(rank, out1)
            diag = tf.cast(tf.one_hot(tf.range(batch_size) + rank * batch_size, batch_size * world_size), f)
            logits_00 = out0[rank] @ tf.transpose(out0_large) / _TEMPERATURE - 1e9 * diag
            logits_11 = out1[rank] @ tf.transpose(out1_large) / _TEMPERATURE - 1e9 * diag
            logits_01 = out0[rank] @ tf.transpose(out1_large) / _TEMPERATURE
            logits_10 = out1[rank] @ tf.transpose(out0_large) / _TEMPERATURE
            logits = tf.concat(
                [tf.concat([logits_01, logits_00], axis=1), tf.concat([logits_10, logits_11], axis=1)], axis=0
            )
            labels = tf.tile(tf.range(batch_size) + rank * batch_size, [2])
            losses.append(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=logits))
        return tf.reduce_mean(tf.stack([tf.reduce_mean(loss) for loss in losses]))

    return {"variables": [w1, w2], "batch": batch, "reference": reference, "candidate": candidate}
