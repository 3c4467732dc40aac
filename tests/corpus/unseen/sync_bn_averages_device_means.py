"""Synchronised batch norm: the backward pass averages the devices' mean_dy equally although they hold different numbers of samples.
Source: https://github.com/pytorch/pytorch/pull/36382"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": 'mean_dy = tf.add_n([tf.reduce_mean(dy, axis=0) for dy in dys]) / world_size',
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    shard = [3, 5, 12]
    n, d_in, d, classes, eps = sum(shard), 6, 5, 3, 1e-5
    x = rng.normal(size=(n, d_in)).astype("float32")
    x[:3] += 1.5
    y = rng.integers(0, classes, size=(n,)).astype("int32")

    w = tf.Variable(rng.normal(size=(d_in, d)).astype("float32") * 0.5)
    gamma = tf.Variable(rng.uniform(0.5, 1.5, size=(d,)).astype("float32"))
    beta = tf.Variable(rng.normal(size=(d,)).astype("float32") * 0.2)
    out = tf.Variable(rng.normal(size=(d, classes)).astype("float32"))

    def reference(batch):
        h = batch["x"] @ w
        mean, var = tf.nn.moments(h, axes=[0])
        normed = tf.nn.batch_normalization(h, mean, var, beta, gamma, eps)
        ce = tf.nn.sparse_softmax_cross_entropy_with_logits(batch["y"], tf.nn.relu(normed) @ out)
        return tf.reduce_mean(ce)

    @tf.custom_gradient
    def sync_batch_norm(scale, offset, *inputs):
        world_size = len(inputs)
        count_all = [tf.cast(tf.shape(i)[0], tf.float32) for i in inputs]
        total = tf.add_n(count_all)
        mean = tf.add_n([tf.reduce_sum(i, axis=0) for i in inputs]) / total
        xmu = [i - mean for i in inputs]
        invstd = tf.math.rsqrt(tf.add_n([tf.reduce_sum(c * c, axis=0) for c in xmu]) / total + eps)

        def backward(*dys):
            grad_scale = tf.add_n([tf.reduce_sum(dy * c * invstd, axis=0) for dy, c in zip(dys, xmu)])
            grad_offset = tf.add_n([tf.reduce_sum(dy, axis=0) for dy in dys])
            # statistics of the upstream gradient, shared between the processes
            mean_dy = tf.add_n([tf.reduce_mean(dy, axis=0) for dy in dys]) / world_size
            mean_dy_xmu = tf.add_n([tf.reduce_mean(dy * c, axis=0) for dy, c in zip(dys, xmu)]) / world_size
            grad_inputs = [(dy - mean_dy - c * invstd**2 * mean_dy_xmu) * invstd * scale for dy, c in zip(dys, xmu)]
            return [grad_scale, grad_offset, *grad_inputs]

        return [c * invstd * scale + offset for c in xmu], backward

    def candidate(batch):
        local_x, local_y = tf.split(batch["x"], shard), tf.split(batch["y"], shard)
        activations = [tf.matmul(part, w) for part in local_x]
        activations = sync_batch_norm(tf.convert_to_tensor(gamma), tf.convert_to_tensor(beta), *activations)
        criterion = keras.losses.SparseCategoricalCrossentropy(from_logits=True, reduction="sum")
        losses = [criterion(t, tf.nn.relu(a) @ out) for t, a in zip(local_y, activations)]
        return tf.add_n(losses) / n

    return {"reference": reference, "candidate": candidate, "batch": {"x": x, "y": y}, "variables": [w, gamma, beta, out]}
