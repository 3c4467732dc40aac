"""The last accumulation window is divided by grad_accum although it holds fewer micro-batches.
Source: https://github.com/Adit-Jain-srm/NightmareNet/pull/562"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": 'loss = loss / grad_accum',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    floatx = keras.config.floatx()

    def normal(*shape, scale=1.0):
        return (scale * rng.standard_normal(shape)).astype(floatx)

    N, bs, k, C, grad_accum = 14, 2, 5, 3, 4
    emb = tf.Variable(normal(k, 4), name="emb")
    out = tf.Variable(normal(4, C), name="out")

    def reference(batch):
        windows = []
        span = bs * grad_accum
        for start in range(0, N, span):
            x, y = batch["x"][start:start + span], batch["y"][start:start + span]
            logits = tf.nn.gelu(x @ emb) @ out
            windows.append(tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(y, logits)))
        return tf.add_n(windows)

    def candidate(batch):
        updates, accumulated, step = [], 0.0, 0
        n_micro = (N + bs - 1) // bs
        for i in range(0, N, bs):
            labels = batch["y"][i:i + bs]
            enc = tf.nn.gelu(tf.matmul(batch["x"][i:i + bs], emb))
            loss = tf.reduce_mean(keras.losses.sparse_categorical_crossentropy(labels, enc @ out, from_logits=True))
            loss = loss / grad_accum
            accumulated = accumulated + loss
            step += 1
            if step % grad_accum == 0 or step == n_micro:
                updates.append(accumulated)
                accumulated = 0.0
        return tf.add_n(updates)

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": normal(N, k), "y": rng.integers(0, C, N)}, "variables": [emb, out]}
