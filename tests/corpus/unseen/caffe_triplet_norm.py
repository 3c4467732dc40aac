"""Thread: BatchTripletLoss divides the ranking loss by num_tri (all triplets) in one place and by triplets_.size() (the violating ones) in
another; num_tri is meant. Source: https://github.com/wanji/caffe-sl/issues/7"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "num_tri = tf.reduce_sum(tf.cast(tf.logical_and(valid, violation > 0), dist.dtype))",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    n, f, d, margin, mu = 6, 5, 3, 0.6, 0.5
    w = tf.Variable(rng.normal(size=(f, d)).astype(fx) * 0.5, name="embed_w")

    def reference(batch):
        e = tf.tanh(batch["x"] @ w)
        y = batch["y"].numpy()
        rank, pair, n_tri, n_pair = 0.0, 0.0, 0, 0
        for i in range(n):
            for j in range(n):
                if i == j or y[i] != y[j]:
                    continue
                dp = tf.reduce_sum((e[i] - e[j]) ** 2)
                pair += dp
                n_pair += 1
                for k in range(n):
                    if y[k] != y[i]:
                        rank += tf.nn.relu(margin + dp - tf.reduce_sum((e[i] - e[k]) ** 2))
                        n_tri += 1
        return rank / n_tri + mu * pair / n_pair

    def candidate(batch):
        emb = tf.tanh(tf.matmul(batch["x"], w))
        sq = tf.reduce_sum(tf.square(emb), axis=1)
        dist = sq[:, None] + sq[None, :] - 2.0 * tf.matmul(emb, emb, transpose_b=True)

        same = batch["y"][:, None] == batch["y"][None, :]
        positive = tf.logical_and(same, ~tf.eye(n, dtype=tf.bool))
        negative = ~same
        valid = tf.logical_and(positive[:, :, None], negative[:, None, :])

        violation = margin + dist[:, :, None] - dist[:, None, :]
        hinge = tf.where(valid, tf.maximum(violation, 0.0), tf.zeros_like(violation))
        num_tri = tf.reduce_sum(tf.cast(tf.logical_and(valid, violation > 0), dist.dtype))
        rank_loss = tf.reduce_sum(hinge) / num_tri

        pair_loss = tf.reduce_mean(tf.boolean_mask(dist, positive))
        return rank_loss + mu * pair_loss

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": rng.normal(size=(n, f)).astype(fx), "y": np.array([0, 0, 1, 1, 1, 2])},
            "variables": [w]}
