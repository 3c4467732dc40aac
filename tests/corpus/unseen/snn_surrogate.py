"""Leaky integrate-and-fire layer with the sigmoid surrogate gradient: strongly negative membrane potentials poison the backward pass.
Source: https://github.com/jeshraghian/snntorch/pull/433"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": 'numerics',
    "line_marker": 'return upstream * slope * e / tf.square(e + 1.0)',
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    fx = keras.config.floatx()
    t_max, n, d, h, beta, slope = 4, 3, 4, 5, 0.8, 25.0
    w = tf.Variable(rng.normal(0, 0.8, (d, h)).astype(fx), name="fc1")
    b = tf.Variable(np.array([0.4, 0.2, 0.5, 0.3, -60.0]).astype(fx), name="bias1")
    out = tf.Variable(rng.normal(0, 0.8, (h, 2)).astype(fx), name="fc2")

    def reference(batch):
        @tf.custom_gradient
        def fire(v):
            sig = tf.sigmoid(slope * v)
            return tf.cast(v > 0, v.dtype), lambda g: g * slope * sig * (1.0 - sig)

        mem = tf.zeros((n, h), dtype=w.dtype)
        spikes = 0.0
        for t in range(t_max):
            mem = beta * mem + batch["current"][t] @ w + b
            s = fire(mem - 1.0)
            mem = mem - tf.stop_gradient(s)
            spikes += s @ out
        return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(batch["y"], spikes))

    def candidate(batch):
        @tf.custom_gradient
        def surrogate(u):
            def grad(upstream):
                e = tf.exp(-slope * u)
                return upstream * slope * e / tf.square(e + 1.0)

            return tf.cast(tf.greater(u, 0.0), u.dtype), grad

        potential = tf.zeros((n, h), dtype=w.dtype)
        readout = []
        for x_t in tf.unstack(batch["current"]):
            potential = potential * beta + tf.matmul(x_t, w) + b
            spike = surrogate(potential - 1.0)
            potential -= tf.stop_gradient(spike)
            readout.append(tf.matmul(spike, out))
        logits = tf.add_n(readout)
        return keras.losses.SparseCategoricalCrossentropy(from_logits=True)(batch["y"], logits)

    return {"reference": reference, "candidate": candidate,
            "batch": {"current": rng.normal(size=(t_max, n, d)).astype(fx), "y": rng.integers(0, 2, n).astype("int32")},
            "variables": [w, b, out]}
