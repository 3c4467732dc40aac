"""The diffusion convolution of DCRNN divides by the out- and in-degrees (random walk matrices); this
implementation multiplied by the degrees.
Source: https://github.com/JuliaGraphs/GraphNeuralNetworks.jl/pull/693"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "scaled = signal * degree[None, :, None]",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, nodes, c_in, c_out, hops = 15, 6, 3, 4, 3
    adj = (rng.random((nodes, nodes)) < 0.4) * rng.uniform(0.3, 1.5, (nodes, nodes))
    adj[np.arange(nodes), (np.arange(nodes) + 1) % nodes] = 0.8          # no isolated node
    adj = adj.astype(f)
    theta = tf.Variable(0.3 * rng.standard_normal((2, hops, c_in, c_out)).astype(f), name="theta")
    bias = tf.Variable(0.1 * rng.standard_normal(c_out).astype(f), name="bias")
    batch = {
        "speed": rng.standard_normal((n, nodes, c_in)).astype(f),
        "future": rng.standard_normal((n, nodes, c_out)).astype(f),
    }

    def reference(b):
        walk_out = tf.constant(adj / adj.sum(1, keepdims=True))
        walk_in = tf.constant(adj.T / adj.T.sum(1, keepdims=True))
        total = tf.identity(bias)
        for direction, walk in enumerate((walk_out, walk_in)):
            power = tf.eye(nodes, dtype=f)
            for k in range(hops):
                total += tf.einsum("uv,nvc,cd->nud", power, b["speed"], theta[direction, k])
                power = power @ walk
        return tf.reduce_mean((tf.nn.tanh(total) - b["future"]) ** 2)

    def candidate(b):
        rows, cols = np.nonzero(adj)
        weight = tf.constant(adj[rows, cols])

        def propagate(signal, senders, receivers):
            msg = tf.gather(signal, senders, axis=1) * weight[None, :, None]
            summed = tf.math.unsorted_segment_sum(tf.transpose(msg, (1, 0, 2)), receivers, nodes)
            return tf.transpose(summed, (1, 0, 2))

        def diffuse(signal, senders, receivers):
            degree = tf.math.unsorted_segment_sum(weight, receivers, nodes)
            signal = propagate(signal, senders, receivers)
            scaled = signal * degree[None, :, None]
            return scaled

        h = tf.zeros((n, nodes, c_out), f) + bias
        for direction, (senders, receivers) in enumerate(((cols, rows), (rows, cols))):
            t = b["speed"]
            for k in range(hops):
                h = h + tf.tensordot(t, theta[direction, k], axes=1)
                t = diffuse(t, senders, receivers)
        return keras.losses.MeanSquaredError()(b["future"], keras.ops.tanh(h))

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [theta, bias]}
