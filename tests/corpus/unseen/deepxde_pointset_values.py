"""Inverse problem with observed data read as (N,): the prediction is (N, 1), the data error becomes (N, N) and the network fits the
mean. Source: https://github.com/lululxvi/deepxde/issues/2100"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "broadcast",
    "line_marker": "return outputs[beg:end, self.component:self.component + 1] - self.values",
    "same_forward_value": False,
}


class FNN(tf.Module):
    def __init__(self, sizes, rng):
        super().__init__()
        self.ws = [tf.Variable((rng.normal(size=(a, b)) * np.sqrt(2.0 / (a + b))).astype("float32"))
                   for a, b in zip(sizes[:-1], sizes[1:])]
        self.bs = [tf.Variable(rng.normal(scale=0.1, size=(b,)).astype("float32")) for b in sizes[1:]]

    def __call__(self, x):
        for w, b in zip(self.ws[:-1], self.bs[:-1]):
            x = tf.tanh(x @ w + b)
        return x @ self.ws[-1] + self.bs[-1]


class PointSetBC:
    def __init__(self, points, values, component=0):
        self.points, self.values, self.component = points, values, component

    def error(self, outputs, beg, end):
        return outputs[beg:end, self.component:self.component + 1] - self.values


def build(seed=0):
    rng = np.random.default_rng(seed)
    n_obs, n_dom = 10, 8
    points = np.linspace(0, 1, n_obs).reshape(-1, 1).astype("float32")
    observed = np.sin(2 * np.pi * points[:, 0]).astype("float32")        # np.loadtxt gives (N,)
    domain = rng.uniform(size=(n_dom, 1)).astype("float32")
    net = FNN([1, 10, 10, 1], rng)
    log_k = tf.Variable(3.0, dtype=tf.float32, name="unknown_wavenumber")

    def pde(x):
        with tf.GradientTape() as outer:
            outer.watch(x)
            with tf.GradientTape() as inner:
                inner.watch(x)
                u = net(x)
            u_x = inner.gradient(u, x)
        u_xx = outer.gradient(u_x, x)
        return u_xx / 10.0 + log_k * u

    def reference(batch):
        residual = pde(batch["domain"])
        misfit = tf.squeeze(net(batch["points"]), axis=1) - batch["observed"]
        return tf.reduce_mean(tf.square(residual)) + tf.reduce_mean(tf.square(misfit))

    def candidate(batch):
        bc = PointSetBC(batch["points"], batch["observed"])
        inputs = tf.concat([bc.points, batch["domain"]], axis=0)
        outputs = net(inputs)
        losses = [tf.reduce_mean(tf.square(pde(batch["domain"]))),
                  tf.reduce_mean(tf.square(bc.error(outputs, 0, n_obs)))]
        return tf.add_n(losses)

    return {"reference": reference, "candidate": candidate,
            "batch": {"points": points, "observed": observed, "domain": domain},
            "variables": list(net.trainable_variables) + [log_k]}
