"""Steady-state diffusion in weak form: the source is added to the residual where it must be subtracted.
Source: https://github.com/underworldcode/underworld3-archive/issues/42"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "sign",
    "line_marker": 'f0 = self.h(points)',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    elements, hidden = 8, 7
    nodes = np.linspace(0.0, 1.0, elements + 1)
    size = 1.0 / elements
    # two Gauss points per element
    offsets = np.array([0.5 - 0.5 / np.sqrt(3), 0.5 + 0.5 / np.sqrt(3)]) * size
    points = (nodes[:-1, None] + offsets[None]).reshape(-1).astype("float32")
    amplitude = rng.uniform(1.0, 3.0, size=(3,)).astype("float32")
    conductivity = rng.uniform(0.5, 2.0, size=(elements,)).astype("float32")

    w = tf.Variable(rng.normal(size=(1, hidden)).astype("float32") * 2.0)
    c = tf.Variable(rng.normal(size=(hidden,)).astype("float32"))
    v = tf.Variable(rng.normal(size=(hidden,)).astype("float32"))

    def temperature_and_slope(x):
        h = tf.tanh(x[:, None] * w + c)
        inner, dinner = tf.linalg.matvec(h, v), tf.linalg.matvec((1 - h**2) * w[0], v)
        bubble, dbubble = x * (1 - x), 1 - 2 * x
        return bubble * inner, dbubble * inner + bubble * dinner

    def source(x, amp):
        return sum(amp[k] * tf.sin((k + 1) * np.pi * x) for k in range(3))

    def reference(batch):
        # assemble the weak form element by element for the inner hat functions
        _, slope = temperature_and_slope(batch["points"])
        load = source(batch["points"], batch["amplitude"])
        entries = [[] for _ in range(elements + 1)]
        for e in range(elements):
            for g in range(2):
                q, s = 2 * e + g, float(offsets[g] / size)
                flux = batch["k"][e] * slope[q]
                entries[e].append(0.5 * size * (-flux / size - load[q] * (1 - s)))
                entries[e + 1].append(0.5 * size * (flux / size - load[q] * s))
        return tf.add_n([tf.add_n(entry) ** 2 for entry in entries[1:-1]])

    hats = np.maximum(0.0, 1.0 - np.abs(points[None] - nodes[1:-1, None]) / size).astype("float32")
    slopes = np.where(np.abs(points[None] - nodes[1:-1, None]) < size,
                      -np.sign(points[None] - nodes[1:-1, None]) / size, 0.0).astype("float32")

    class Poisson:
        """Pointwise functions f0 (tested with phi) and f1 (tested with grad phi), as the solver wants them."""

        def __init__(self, k, h):
            self.k, self.h = k, h

        def residual(self, points, phi, dphi, weights):
            _, grad_u = temperature_and_slope(points)
            f1 = self.k * grad_u
            f0 = self.h(points)
            residual = tf.linalg.matvec(phi * weights, f0) + tf.linalg.matvec(dphi * weights, f1)
            return residual

    def candidate(batch):
        problem = Poisson(k=tf.repeat(batch["k"], 2), h=lambda x: source(x, batch["amplitude"]))
        r = problem.residual(batch["points"], tf.constant(hats), tf.constant(slopes), 0.5 * size)
        return tf.reduce_sum(tf.square(r))

    return {"reference": reference, "candidate": candidate,
            "batch": {"points": points, "amplitude": amplitude, "k": conductivity}, "variables": [w, c, v]}
