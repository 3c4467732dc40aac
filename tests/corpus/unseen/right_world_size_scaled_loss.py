"""Dense retrieval over several processes multiplies the loss by the world size, which puzzles a reader. Right: each process differentiates only its own part of the gathered batch, and DDP averages.
Source: https://github.com/texttron/tevatron/issues/30"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": True,
    "cause": "none",
    "line_marker": None,
    "same_forward_value": False,
}

def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, world, d, e = 18, 3, 5, 4
    wq = tf.Variable(0.6 * rng.normal(size=(d, e)), dtype=f, name="wq")
    wp = tf.Variable(0.6 * rng.normal(size=(d, e)), dtype=f, name="wp")
    batch = {"query": rng.normal(size=(n, d)).astype(f), "passage": rng.normal(size=(n, d)).astype(f)}

    def reference(batch):
        scores = tf.matmul(batch["query"] @ wq, batch["passage"] @ wp, transpose_b=True)
        return -tf.reduce_mean(tf.linalg.diag_part(tf.nn.log_softmax(scores, axis=1)))

    def candidate(batch):
        class DenseModel:
            def __init__(self, rank):
                self.process_rank, self.world_size = rank, world

            def dist_gather_tensor(self, parts):
                gathered = [tf.stop_gradient(t) for t in parts]
                gathered[self.process_rank] = parts[self.process_rank]
                return tf.concat(gathered, axis=0)

            def forward(self, q_parts, p_parts):
                q_reps = self.dist_gather_tensor(q_parts)
                p_reps = self.dist_gather_tensor(p_parts)
                scores = tf.einsum("qe,pe->qp", q_reps, p_reps)
                ce = tf.nn.sparse_softmax_cross_entropy_with_logits(tf.range(n), scores)
                loss = tf.reduce_mean(ce)
                loss = loss * self.world_size  # counter average weight reduction
                return loss

        q_parts = [tf.matmul(c, wq) for c in tf.split(batch["query"], world)]
        p_parts = [tf.matmul(c, wp) for c in tf.split(batch["passage"], world)]
        per_process = [DenseModel(r).forward(q_parts, p_parts) for r in range(world)]
        return tf.add_n(per_process) / world

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [wq, wp]}
