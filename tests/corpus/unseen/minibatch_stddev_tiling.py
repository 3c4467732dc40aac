"""Progressive GAN, minibatch standard deviation: the groups are strided over the batch, the result is tiled block by block.

Source (real): https://github.com/facebookresearch/pytorch_GAN_zoo/issues/69 (PyTorch, ported).
Right answer: NOT equivalent; most samples get the statistic of a group to which they do not belong.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": "y = tf.tile(y[:, None], [1, sub_group_size, 1, 1, 1])",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, side, ch, feat = 24, 3, 2, 5

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    w = tf.Variable(0.7 * arr(ch, feat), name="from_rgb")
    out = tf.Variable(0.7 * arr(feat + 1), name="out")
    scale = np.exp(rng.uniform(-1.5, 2.0, (n, 1, 1, 1))).astype(f)
    batch = {"image": scale * arr(n, side, side, ch), "real": rng.integers(0, 2, n).astype(f)}

    def critic(x):
        return tf.reduce_mean(tf.linalg.matvec(tf.nn.leaky_relu(x), out), axis=[1, 2])

    def reference(b):
        m = b["real"].shape[0]
        x = b["image"] @ w
        n_groups = m // 4
        per_group = []
        for g in range(n_groups):
            members = tf.stack([x[i] for i in range(m) if i % n_groups == g])
            per_group.append(tf.reduce_mean(tf.sqrt(tf.math.reduce_variance(members, 0) + 1e-8)))
        column = tf.stack([per_group[i % n_groups] for i in range(m)])
        plane = tf.ones_like(x[..., :1]) * column[:, None, None, None]
        score = critic(tf.concat([x, plane], -1))
        return tf.reduce_mean(tf.nn.softplus(score) - b["real"] * score)

    def candidate(b):
        def mini_batch_std_dev(x, sub_group_size=4):
            size = x.shape
            G = size[0] // sub_group_size
            y = tf.reshape(x, [sub_group_size, G, size[1], size[2], size[3]])
            y = tf.math.reduce_variance(y, axis=0)
            y = tf.sqrt(y + 1e-8)
            y = tf.reduce_mean(tf.reshape(y, [G, -1]), axis=1)
            y = tf.tile(tf.reshape(y, [G, 1, 1, 1]), [1, size[1], size[2], 1])
            y = tf.tile(y[:, None], [1, sub_group_size, 1, 1, 1])
            y = tf.reshape(y, [-1, size[1], size[2], 1])
            return tf.concat([x, y], axis=-1)

        score = critic(mini_batch_std_dev(b["image"] @ w))
        return tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(labels=b["real"], logits=score))

    return {"variables": [w, out], "batch": batch, "reference": reference, "candidate": candidate}
