"""Discriminative lane loss: the distance to the lane's centre takes the norm over the pixels instead of over the embedding.

Source (real): https://github.com/klintan/pytorch-lanenet/issues/12 (PyTorch, ported; fixed).
Right answer: NOT equivalent; one hinge per embedding coordinate instead of one per pixel.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": 'dist = tf.norm(embedding_i - mean_i[None, :], axis=0)',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    n, pixels, d, dim, lanes = 12, 10, 4, 2, 3
    delta_v, delta_d = 0.2, 3.0

    w = tf.Variable(0.6 * arr(d, dim), name="embed_w")
    bias = tf.Variable(0.3 * arr(pixels, dim), name="embed_pos")
    base = np.array([0, 0, 0, 1, 1, 1, 2, 2, 2, 2])
    batch = {"x": arr(n, pixels, d), "inst": np.stack([rng.permutation(base) for _ in range(n)])}

    def embed(x):
        return tf.tanh(x @ w + bias) * 1.5

    def reference(b):
        e = embed(b["x"])
        hot = tf.one_hot(b["inst"], lanes, dtype=e.dtype)
        size = tf.reduce_sum(hot, axis=1)
        centre = tf.einsum("bpl,bpd->bld", hot, e) / size[..., None]
        gap = tf.sqrt(tf.reduce_sum((e - tf.einsum("bpl,bld->bpd", hot, centre)) ** 2, -1))
        pull = tf.einsum("bpl,bp->bl", hot, tf.nn.relu(gap - delta_v) ** 2) / size
        push = 0.0
        for i, j in [(0, 1), (0, 2), (1, 2)]:
            far = tf.sqrt(tf.reduce_sum((centre[:, i] - centre[:, j]) ** 2, -1))
            push += tf.reduce_sum(tf.nn.relu(delta_d - far) ** 2) / 3
        return (tf.reduce_sum(pull) / lanes + push) / b["x"].shape[0]

    def candidate(b):
        embedding = embed(b["x"])
        batch_size = embedding.shape[0]
        var_loss = dist_loss = 0.0
        for i in range(batch_size):
            centroid_mean = []
            for lane_idx in range(lanes):
                embedding_i = tf.boolean_mask(embedding[i], b["inst"][i] == lane_idx)
                mean_i = tf.reduce_mean(embedding_i, axis=0)
                centroid_mean.append(mean_i)
                dist = tf.norm(embedding_i - mean_i[None, :], axis=0)
                var_loss += tf.reduce_mean(tf.nn.relu(dist - delta_v) ** 2) / lanes
            for p in range(lanes):
                for q in range(p + 1, lanes):
                    apart = tf.norm(centroid_mean[p] - centroid_mean[q])
                    dist_loss += tf.nn.relu(delta_d - apart) ** 2 / 3
        return (var_loss + dist_loss) / batch_size

    return {"variables": [w, bias], "batch": batch, "reference": reference, "candidate": candidate}
