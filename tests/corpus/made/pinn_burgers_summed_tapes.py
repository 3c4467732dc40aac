"""Burgers PINN: u_x and u_xx from nested tapes on the whole batch (tape.gradient sums the outputs).

Origin: realistic (the standard tf.GradientTape PINN; readers ask whether summing u over the batch mixes the points).
Right answer: EQUIVALENT to the analytic per-point derivatives: each point's u depends on its own x and t only.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}

NU = 0.1


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, hid = 24, 6
    hidden = keras.layers.Dense(hid, activation="tanh", name="hidden", dtype=f)
    out = keras.layers.Dense(1, use_bias=False, name="u", dtype=f)
    hidden.build((None, 2))
    out.build((None, hid))
    for layer in (hidden, out):
        layer.set_weights([0.9 * rng.standard_normal(p.shape).astype(f) for p in layer.get_weights()])
    batch = {
        "x": rng.uniform(-1, 1, (n, 1)).astype(f),
        "t": rng.uniform(0, 1, (n, 1)).astype(f),
        "u0": rng.standard_normal((n, 1)).astype(f),
    }

    def reference(b):
        kernel, bias, w2 = hidden.kernel.value, hidden.bias.value, out.kernel.value
        m = b["x"].shape[0]
        total = 0.0
        for i in range(m):
            a = tf.tanh(b["x"][i, 0] * kernel[0] + b["t"][i, 0] * kernel[1] + bias)
            s = 1.0 - a * a
            u, u_x, u_t, u_xx = (
                tf.tensordot(v, w2[:, 0], 1)
                for v in (a, s * kernel[0], s * kernel[1], -2.0 * a * s * kernel[0] ** 2)
            )
            start = tf.tensordot(tf.tanh(b["x"][i, 0] * kernel[0] + bias), w2[:, 0], 1)
            total += tf.square(u_t + u * u_x - NU * u_xx) + tf.square(start - b["u0"][i, 0])
        return total / m

    def candidate(b):
        net = lambda x, t: out(hidden(tf.concat([x, t], axis=1)))  # noqa: E731
        x, t = b["x"], b["t"]
        with tf.GradientTape() as second:
            second.watch(x)
            with tf.GradientTape(persistent=True) as first:
                first.watch([x, t])
                u = net(x, t)
            u_x = first.gradient(u, x)
            u_t = first.gradient(u, t)
        u_xx = second.gradient(u_x, x)
        residual = u_t + u * u_x - NU * u_xx
        initial = net(x, tf.zeros_like(t)) - b["u0"]
        return tf.reduce_mean(tf.square(residual)) + tf.reduce_mean(tf.square(initial))

    return {
        "variables": hidden.trainable_variables + out.trainable_variables,
        "batch": batch,
        "reference": reference,
        "candidate": candidate,
    }
