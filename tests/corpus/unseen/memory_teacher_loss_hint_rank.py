"""Learning to remember rare events: the teacher values have a kept axis of one, the 'no hint' factor does not,
so that the triplet-like loss of the memory becomes a batch-by-batch matrix, hidden by the final mean.
Source: https://github.com/tensorflow/models/issues/5306"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "broadcast",
    "line_marker": "teacher_vals *= has_hint",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()

    def var(name, *shape, scale=0.5):
        return tf.Variable(scale * rng.standard_normal(shape), dtype=f, name=name)

    n, d_in, d_key, mem, alpha = 16, 10, 6, 21, 0.1
    w = var("query_proj", d_in, d_key)
    keys = rng.standard_normal((mem, d_key))
    keys = tf.constant(keys / np.linalg.norm(keys, axis=1, keepdims=True), dtype=f)
    mem_vals = tf.constant(rng.integers(0, 5, mem))
    batch = {
        "x": rng.standard_normal((n, d_in)).astype(f),
        "intended": rng.integers(0, 6, n),
    }

    def reference(batch):
        total = 0.0
        for i in range(n):
            q = tf.linalg.matvec(w, batch["x"][i], transpose_a=True)
            q = q / tf.sqrt(tf.reduce_sum(q * q))
            sims = tf.linalg.matvec(keys, q)
            same = tf.cast(tf.equal(mem_vals, batch["intended"][i]), f)
            best_same = tf.reduce_max(sims * same)
            if float(tf.reduce_sum(same)) == 0.0:
                best_same = tf.zeros_like(best_same)
            best_other = tf.reduce_max(sims * (1.0 - same))
            total = total + tf.nn.relu(best_other - best_same + alpha) - alpha
        return total / n

    def candidate(batch):
        normalized_query = tf.nn.l2_normalize(batch["x"] @ w, axis=1)
        similarities = tf.matmul(normalized_query, keys, transpose_b=True)
        teacher_hints = tf.cast(tf.abs(batch["intended"][:, None] - mem_vals[None, :]), f)
        teacher_hints = 1.0 - tf.minimum(tf.ones([], f), teacher_hints)

        teacher_vals, _ = tf.math.top_k(similarities * teacher_hints, k=1)
        neg_teacher_vals, _ = tf.math.top_k(similarities * (1.0 - teacher_hints), k=1)
        # zero-out teacher_vals if there are no hints
        has_hint = 1.0 - tf.cast(tf.equal(tf.reduce_sum(teacher_hints, 1), 0.0), f)
        teacher_vals *= has_hint

        teacher_loss = tf.nn.relu(neg_teacher_vals - teacher_vals + alpha) - alpha
        return tf.reduce_mean(teacher_loss)

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [w]}
