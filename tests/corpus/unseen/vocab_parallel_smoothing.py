"""Vocab-parallel cross entropy with label smoothing: the mean log prob is the one of the local partition only.
Source: https://github.com/NVIDIA/Megatron-LM/issues/737"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "mean_log_probs = tf.reduce_mean(log_probs[rank], axis=-1)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    n, d, vocab, world, eps = 6, 5, 8, 2, 0.2
    part = vocab // world
    shards = [tf.Variable(rng.standard_normal((d, part)) * (0.4 + 0.6 * r), dtype=fx, name=f"shard{r}") for r in range(world)]

    def reference(batch):
        logits = batch["h"] @ tf.concat(shards, axis=1)
        logp = tf.nn.log_softmax(logits)
        s = eps * vocab / (vocab - 1)
        nll = -tf.gather(logp, batch["target"], batch_dims=1)
        return tf.reduce_mean((1 - s) * nll - s * tf.reduce_mean(logp, axis=-1))

    def candidate(batch):
        rank = 0
        local = [tf.matmul(batch["h"], w) for w in shards]
        logits_max = tf.stop_gradient(tf.reduce_max(tf.stack([tf.reduce_max(v, axis=-1) for v in local]), axis=0))
        local = [v - logits_max[:, None] for v in local]
        sum_exp = tf.add_n([tf.reduce_sum(tf.exp(v), axis=-1) for v in local])
        predicted = []
        for r, v in enumerate(local):
            start, end = r * part, (r + 1) * part
            inside = tf.logical_and(batch["target"] >= start, batch["target"] < end)
            masked_target = tf.where(inside, batch["target"] - start, 0)
            picked = tf.gather(v, masked_target, batch_dims=1)
            predicted.append(tf.where(inside, picked, tf.zeros_like(picked)))
        loss = tf.math.log(sum_exp) - tf.add_n(predicted)
        log_probs = [v - tf.math.log(sum_exp)[:, None] for v in local]
        smoothing = eps * vocab / (vocab - 1)
        mean_log_probs = tf.reduce_mean(log_probs[rank], axis=-1)
        loss = (1.0 - smoothing) * loss - smoothing * mean_log_probs
        return tf.reduce_mean(loss)

    return {"reference": reference, "candidate": candidate,
            "batch": {"h": rng.standard_normal((n, d)).astype(fx), "target": rng.integers(0, vocab, n).astype("int32")},
            "variables": shards}
