"""fairseq multiplies its gradients by world_size / sample_size; that looks like an undone average, and is one:
data parallelism has averaged the workers' summed losses before.
Source: https://github.com/facebookresearch/fairseq/issues/494"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": True,
    "cause": "none",
    "line_marker": None,
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, seq, dim, vocab, world_size = 15, 6, 4, 5, 3
    w = tf.Variable(0.7 * rng.standard_normal((dim, vocab)).astype(f), name="decoder")
    bias = tf.Variable(0.3 * rng.standard_normal(vocab).astype(f), name="decoder_bias")
    lengths = rng.integers(1, seq + 1, n)
    batch = {
        "states": rng.standard_normal((n, seq, dim)).astype(f),
        "target": rng.integers(0, vocab, (n, seq)).astype("int32"),
        "tokens": (np.arange(seq)[None] < lengths[:, None]).astype("int32"),
    }

    def reference(b):
        keep = tf.where(tf.reshape(b["tokens"], [-1]) > 0)[:, 0]
        states = tf.gather(tf.reshape(b["states"], (-1, dim)), keep)
        target = tf.gather(tf.reshape(b["target"], [-1]), keep)
        logits = states @ w + bias
        return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=target, logits=logits))

    def candidate(b):
        def criterion(states, target, mask):
            lprobs = keras.ops.log_softmax(keras.ops.matmul(states, w) + bias, axis=-1)
            nll = -tf.gather(lprobs, target, axis=-1, batch_dims=2)
            return tf.reduce_sum(nll * mask), tf.reduce_sum(mask)

        def shards(t):
            return [t[rank::world_size] for rank in range(world_size)]

        outputs = []
        for states, target, tokens in zip(*(shards(b[s]) for s in ("states", "target", "tokens"))):
            outputs.append(criterion(states, target, tf.cast(tokens, f)))
        losses, sizes = zip(*outputs)
        averaged = tf.reduce_mean(tf.stack(losses))               # DistributedDataParallel
        sample_size = tf.add_n(list(sizes))                       # aggregated logging outputs
        return averaged * (world_size / sample_size)

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [w, bias]}
