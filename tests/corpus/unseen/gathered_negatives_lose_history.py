"""Contrastive training over several processes with accelerator.gather(): the gathered embeddings carry no history, so the second tower learns only from its regulariser.
Source: https://github.com/huggingface/accelerate/issues/76"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "stop_gradient",
    "line_marker": 'return tf.concat([tf.stop_gradient(t) for t in tensors], axis=0)',
    "same_forward_value": True,
}

def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, world, da, db, e = 18, 3, 5, 4, 7
    wa = tf.Variable(0.5 * rng.normal(size=(da, e)), dtype=f, name="wa")
    wb = tf.Variable(0.5 * rng.normal(size=(db, e)), dtype=f, name="wb")
    batch = {"a": rng.normal(size=(n, da)).astype(f), "b": rng.normal(size=(n, db)).astype(f)}

    def reference(batch):
        a, b = tf.tanh(batch["a"] @ wa), tf.tanh(batch["b"] @ wb)
        sim = tf.matmul(a, b, transpose_b=True)
        nll = tf.reduce_logsumexp(sim, axis=1) - tf.linalg.diag_part(sim)
        return tf.reduce_mean(nll) + 0.05 * tf.reduce_mean(tf.reduce_sum(b * b, 1))

    def candidate(batch):
        class Accelerator:
            num_processes = world

            def gather(self, tensors):
                return tf.concat([tf.stop_gradient(t) for t in tensors], axis=0)

        accelerator = Accelerator()
        local = n // accelerator.num_processes
        a_local = [tf.nn.tanh(tf.matmul(c, wa)) for c in tf.split(batch["a"], world)]
        b_local = [tf.nn.tanh(tf.matmul(c, wb)) for c in tf.split(batch["b"], world)]
        b_all = accelerator.gather(b_local)
        losses = []
        for rank in range(world):
            scores = tf.einsum("ie,je->ij", a_local[rank], b_all)
            labels = rank * local + tf.range(local)
            ce = tf.nn.sparse_softmax_cross_entropy_with_logits(labels, scores)
            reg = tf.reduce_sum(tf.square(b_local[rank])) / local
            losses.append(tf.reduce_mean(ce) + 0.05 * reg)
        return sum(losses) / world

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [wa, wb]}
