"""Metric learning on several processes: gathered embeddings of other processes carry no gradient, and the loss is multiplied by the
world size, which looks too much by that factor. DDP averages the gradients again; it comes out right. The value differs.
Source: https://github.com/KevinMusgrave/pytorch-metric-learning/issues/562"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": False}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, d, k = 12, 5, 3
    x = rng.standard_normal((n, d)).astype(f)
    labels = rng.integers(0, 4, n).astype("int32")
    w = tf.Variable(rng.standard_normal((d, k)) * 0.7, dtype=f, name="w")
    b = tf.Variable(rng.standard_normal((k,)) * 0.3, dtype=f, name="b")

    def embed(inputs):
        return tf.math.l2_normalize(tf.tanh(inputs @ w + b), axis=1)

    def reference(batch):
        # one process: contrastive loss over all pairs
        e, lab = embed(batch["x"]), batch["labels"]
        sim = tf.matmul(e, e, transpose_b=True)
        same = lab[:, None] == lab[None, :]
        off = 1.0 - tf.eye(n, dtype=f)
        per_pair = tf.where(same, 1.0 - sim, tf.square(tf.nn.softplus(sim)))
        return tf.reduce_sum(per_pair * off) / (n * (n - 1))

    def candidate(batch):
        world_size = 3
        shards = list(zip(tf.split(batch["x"], world_size), tf.split(batch["labels"], world_size)))

        def contrastive(e, lab):
            total, pairs = tf.constant(0.0, dtype=f), 0
            rows = tf.unstack(e)
            for i, left in enumerate(rows):
                for j, right in enumerate(rows):
                    if i == j:
                        continue
                    s = tf.reduce_sum(left * right)
                    total += (1.0 - s) if int(lab[i]) == int(lab[j]) else tf.nn.softplus(s) ** 2
                    pairs += 1
            return total / pairs

        class DistributedLossWrapper:
            def __call__(self, rank, local):
                gathered = [local if r == rank else tf.stop_gradient(embed(s[0])) for r, s in enumerate(shards)]
                all_labels = tf.concat([s[1] for s in shards], axis=0).numpy()
                return contrastive(tf.concat(gathered, axis=0), all_labels) * world_size

        wrapper = DistributedLossWrapper()
        rank_losses = [wrapper(rank, embed(shards[rank][0])) for rank in range(world_size)]
        return tf.add_n(rank_losses) / world_size      # DDP: mean of the gradients

    return {"reference": reference, "candidate": candidate, "batch": {"x": x, "labels": labels}, "variables": [w, b]}
