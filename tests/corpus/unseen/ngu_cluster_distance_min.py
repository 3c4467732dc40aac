"""Episodic novelty of NGU: distances below the cluster distance are to be set to zero, but min instead of max sets those above it to zero.
Source: https://github.com/michaelnny/deep_rl_zoo/issues/13"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": 'other',
    "line_marker": 'distance_rate = tf.minimum(distance_rate - CLUSTER, tf.zeros_like(distance_rate))',
    "same_forward_value": False,
}


CLUSTER, EPS, C, KNN = 0.008, 0.1, 0.001, 4


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, obs, emb, acts = 14, 5, 3, 4
    policy = keras.Sequential([keras.Input((obs,)), keras.layers.Dense(8, activation="relu"), keras.layers.Dense(acts)])
    scale = rng.uniform(0.5, 2.0, (n, 1))
    batch = {
        "obs": rng.standard_normal((n, obs)).astype(f),
        "actions": rng.integers(0, acts, n),
        "embedding": (scale * rng.standard_normal((n, emb))).astype(f),
        "memory": rng.standard_normal((n + 9, emb)).astype(f),
        "ext": rng.standard_normal(n).astype(f),
    }

    def reference(b):
        sq = tf.reduce_sum(tf.square(b["embedding"][:, None] - b["memory"][None]), axis=-1)
        near = -tf.math.top_k(-sq, k=KNN).values
        near = near / tf.reduce_mean(near)
        rest = tf.nn.relu(near - CLUSTER)
        s = tf.sqrt(tf.reduce_sum(EPS / (rest + EPS), axis=1)) + C
        novelty = 1.0 / s
        nll = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=b["actions"], logits=policy(b["obs"]))
        return tf.reduce_mean(nll * (b["ext"] + novelty))

    def candidate(b):
        def pairwise(x, memory):
            return keras.ops.sqrt(keras.ops.sum((x - memory) ** 2, axis=-1))

        knn = [tf.sort(pairwise(e, b["memory"]))[:KNN] for e in tf.unstack(b["embedding"])]
        knn_distance = tf.stack(knn) ** 2
        distance_rate = knn_distance / tf.reduce_mean(knn_distance)
        distance_rate = tf.minimum(distance_rate - CLUSTER, tf.zeros_like(distance_rate))
        kernel_output = EPS / (distance_rate + EPS)
        similarity = keras.ops.sqrt(keras.ops.sum(kernel_output, axis=-1)) + C
        int_reward = 1 / similarity
        logp = tf.gather(keras.ops.log_softmax(policy(b["obs"])), b["actions"], batch_dims=1)
        return -keras.ops.mean(logp * (b["ext"] + int_reward))

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": policy.trainable_variables}
