"""Vocab-parallel cross entropy with label smoothing: the smoothing term averages the log-probs
of the local vocabulary partition only, so the ranks disagree.
Source: https://github.com/NVIDIA/Megatron-LM/issues/7452"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": 'mean_logp = tf.reduce_mean(local_logp[rank], axis=-1)',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    tokens, dim, vocab, parts, smoothing, rank = 5, 4, 8, 2, 0.2, 1
    w = tf.Variable((rng.standard_normal((dim, vocab)) * 0.8).astype(fx), name="w")

    def reference(batch):
        logp = tf.nn.log_softmax(tf.matmul(batch["hidden"], w))
        one_hot = tf.one_hot(batch["labels"], vocab, dtype=fx)
        target = one_hot * (1.0 - smoothing * vocab / (vocab - 1)) + smoothing / (vocab - 1)
        ce = -tf.reduce_sum(target * logp, axis=-1)
        return tf.reduce_sum(ce * batch["loss_mask"]) / tf.reduce_sum(batch["loss_mask"])

    def candidate(batch):
        width = vocab // parts
        shards = [tf.matmul(batch["hidden"], w[:, p * width:(p + 1) * width]) for p in range(parts)]
        peak = tf.stop_gradient(tf.reduce_max(tf.stack([tf.reduce_max(s, axis=-1) for s in shards]), axis=0))
        sum_exp = tf.add_n([tf.reduce_sum(tf.exp(s - peak[:, None]), axis=-1) for s in shards])
        log_z = tf.math.log(sum_exp) + peak
        predicted = tf.zeros_like(log_z)
        for p, s in enumerate(shards):
            offset = batch["labels"] - p * width
            inside = tf.logical_and(offset >= 0, offset < width)
            safe = tf.where(inside, offset, tf.zeros_like(offset))
            predicted += tf.where(inside, tf.gather(s, safe, batch_dims=1), tf.zeros_like(log_z))
        loss = log_z - predicted
        scale = smoothing * vocab / (vocab - 1)
        local_logp = [s - log_z[:, None] for s in shards]
        mean_logp = tf.reduce_mean(local_logp[rank], axis=-1)
        loss = (1.0 - scale) * loss - scale * mean_logp
        return tf.reduce_sum(loss * batch["loss_mask"]) / tf.reduce_sum(batch["loss_mask"])

    return {"reference": reference, "candidate": candidate,
            "batch": {"hidden": rng.standard_normal((tokens, dim)).astype(fx),
                      "labels": rng.integers(0, vocab, tokens).astype("int32"),
                      "loss_mask": np.array([1, 1, 0, 1, 1]).astype(fx)},
            "variables": [w]}
