"""run_squad on two GPUs: loss.mean() over the losses of the replicas, though the batch of 13 falls into 7 and 6 samples.
Source: https://github.com/huggingface/transformers/issues/608"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "loss = tf.reduce_mean(tf.stack(per_gpu))",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, length, d = 13, 9, 4
    hidden = rng.standard_normal((n, length, d)).astype(f)
    hidden[10:] *= 4.0
    start = rng.integers(0, length, n).astype("int32")
    end = rng.integers(0, length, n).astype("int32")
    span = tf.Variable(rng.standard_normal((d, 2)), dtype=f, name="span")

    def ce(labels, logits):
        return tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=logits)

    def reference(batch):
        logits = tf.einsum("nld,dk->nkl", batch["hidden"], span)
        per_sample = 0.5 * (ce(batch["start"], logits[:, 0]) + ce(batch["end"], logits[:, 1]))
        return tf.reduce_mean(per_sample)

    def candidate(batch):
        def forward(seq, s, e):
            scores = tf.matmul(seq, span)
            start_logits, end_logits = tf.unstack(scores, axis=-1)
            total = tf.reduce_mean(ce(s, start_logits)) + tf.reduce_mean(ce(e, end_logits))
            return total / 2.0

        def scatter(tensor, n_gpu):
            size = -(-int(tensor.shape[0]) // n_gpu)
            return [tensor[i * size:(i + 1) * size] for i in range(n_gpu)]

        n_gpu = 2
        chunks = zip(*(scatter(batch[name], n_gpu) for name in ("hidden", "start", "end")))
        per_gpu = [forward(*chunk) for chunk in chunks]
        loss = tf.reduce_mean(tf.stack(per_gpu))
        return loss

    return {"reference": reference, "candidate": candidate,
            "batch": {"hidden": hidden, "start": start, "end": end}, "variables": [span]}
