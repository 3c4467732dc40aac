"""cross_replica_batch_normalization sums the per-core variances and averages them, which is not the global variance.
Source: https://github.com/tensorflow/tpu/issues/321"""
import numpy as np
import tensorflow as tf
import keras
EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "local_sq = [tf.reduce_mean(tf.square(x - m), axis=[0, 1]) for x, m in zip(shards, local_mean)]",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    f = lambda *s: rng.normal(size=s).astype(fx)
    n, cores, p, cin, c = 4, 2, 3, 3, 4
    conv = tf.Variable(f(cin, c), name="conv")
    gamma = tf.Variable(1.0 + 0.3 * f(c), name="gamma")
    beta = tf.Variable(f(c), name="beta")
    head = tf.constant(f(c))

    def reference(batch):
        y = tf.einsum("npi,ic->npc", batch["x"], conv)
        mean, var = tf.nn.moments(y, axes=[0, 1])
        y = tf.nn.relu(tf.nn.batch_normalization(y, mean, var, beta, gamma, 1e-3))
        return tf.reduce_mean((tf.reduce_mean(y, 1) @ head[:, None] - batch["t"]) ** 2)

    def candidate(batch):
        shards = [tf.tensordot(x, conv, axes=1) for x in tf.split(batch["x"], cores, axis=0)]
        local_mean = [tf.reduce_mean(x, axis=[0, 1]) for x in shards]
        mean = tf.add_n(local_mean) / cores
        local_sq = [tf.reduce_mean(tf.square(x - m), axis=[0, 1]) for x, m in zip(shards, local_mean)]
        variance = tf.add_n(local_sq) / cores
        inv = gamma * tf.math.rsqrt(variance + 1e-3)
        outs = [tf.nn.relu((x - mean) * inv + beta) for x in shards]
        targets = tf.split(batch["t"], cores, axis=0)
        core_losses = []
        for out, target in zip(outs, targets):
            pred = tf.reduce_sum(tf.reduce_mean(out, axis=1) * head, axis=-1, keepdims=True)
            core_losses.append(tf.reduce_mean(tf.square(pred - target)))
        return tf.add_n(core_losses) / cores

    x = f(n, p, cin)
    x[:2] += 1.5
    return {"reference": reference, "candidate": candidate, "batch": {"x": x, "t": f(n, 1)},
            "variables": [conv, gamma, beta]}
