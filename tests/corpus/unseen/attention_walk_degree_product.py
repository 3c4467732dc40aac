"""AttentionWalk: the adjacency matrix is multiplied by the node degrees where it should be divided by them.

Source (real): https://github.com/benedekrozemberczki/AttentionWalk/issues/9 (PyTorch/SciPy, ported).
Right answer: NOT equivalent.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "normalized_adjacency_matrix = tf.matmul(degs, adjacency_matrix)",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, nodes, window, rank = 12, 6, 3, 2

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    left = tf.Variable(0.5 * arr(nodes, rank), name="left_factors")
    right = tf.Variable(0.5 * arr(rank, nodes), name="right_factors")
    attention = tf.Variable(0.5 * arr(window), name="attention")
    upper = np.triu((rng.random((n, nodes, nodes)) < 0.5).astype(f), 1)
    ring = np.roll(np.eye(nodes), 1, axis=1)
    adj = np.minimum(upper + upper.transpose(0, 2, 1) + ring + ring.T, 1.0).astype(f)
    batch = {"adjacency": adj}

    def reference(b):
        weights = tf.nn.softmax(attention)
        logits = left @ right
        graphs = b["adjacency"].shape[0]
        total = 0.0
        for g in range(graphs):
            a = b["adjacency"][g]
            walk = tf.stack([a[i] / tf.reduce_sum(a[i]) for i in range(nodes)])
            step, expected = walk, weights[0] * walk
            for k in range(1, window):
                step = step @ walk
                expected += weights[k] * step
            positive = -tf.reduce_sum(expected * tf.math.log_sigmoid(logits))
            negative = -tf.reduce_sum((1 - a) * tf.math.log_sigmoid(-logits))
            total += (positive + negative) / (nodes * nodes)
        return total / graphs

    def candidate(b):
        adjacency_matrix = b["adjacency"]
        degs = tf.linalg.diag(tf.reduce_sum(adjacency_matrix, axis=-1))
        normalized_adjacency_matrix = tf.matmul(degs, adjacency_matrix)
        target_matrices = [normalized_adjacency_matrix]
        for _ in range(window - 1):
            target_matrices.append(tf.matmul(target_matrices[-1], normalized_adjacency_matrix))
        attention_probs = tf.reshape(tf.nn.softmax(attention), [window, 1, 1, 1])
        weighted_target_tensor = tf.reduce_sum(tf.stack(target_matrices) * attention_probs, axis=0)
        estimate = tf.matmul(left, right)
        loss_on_target = -weighted_target_tensor * tf.math.log(tf.sigmoid(estimate))
        loss_opposite = -(1 - adjacency_matrix) * tf.math.log(1 - tf.sigmoid(estimate))
        return tf.reduce_mean(loss_on_target + loss_opposite)

    return {"variables": [left, right, attention], "batch": batch, "reference": reference, "candidate": candidate}
