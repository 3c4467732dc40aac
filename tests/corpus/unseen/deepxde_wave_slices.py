"""2D wave equation in DeepXDE: the gradient is overwritten by its first column before the y and t columns are cut out of it, which leaves empty slices and zero second derivatives. Source: https://github.com/lululxvi/deepxde/issues/184"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": "du_x = du_x[:, 0:1]",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    n, c0 = 9, 1.0
    sizes = [3, 10, 10, 1]
    params = []
    for a, b in zip(sizes[:-1], sizes[1:]):
        params.append(tf.Variable(rng.normal(scale=np.sqrt(2.0 / (a + b)), size=(a, b)).astype(np.float32)))
        params.append(tf.Variable(rng.normal(scale=0.1, size=(b,)).astype(np.float32)))

    def net(x):
        for i in range(0, len(params) - 2, 2):
            x = tf.tanh(x @ params[i] + params[i + 1])
        return x @ params[-2] + params[-1]

    def func(x):
        return tf.sin(2 * np.pi * x[:, 0:1]) * tf.sin(np.pi * x[:, 1:2])

    def pde_hessian(x):
        with tf.GradientTape() as t2:
            t2.watch(x)
            with tf.GradientTape() as t1:
                t1.watch(x)
                u = net(x)
            g = t1.gradient(u, x)
        h = t2.batch_jacobian(g, x)
        return h[:, 2, 2] - c0 ** 2 * (h[:, 0, 0] + h[:, 1, 1])

    def pde(x):
        with tf.GradientTape(persistent=True) as outer:
            outer.watch(x)
            with tf.GradientTape() as inner:
                inner.watch(x)
                u = net(x)
            du_x = inner.gradient(u, x)
            du_x = du_x[:, 0:1]
            du_y = du_x[:, 1:2]
            du_t = du_x[:, 2:3]
        du_xx = outer.gradient(du_x, x)[:, 0:1]
        du_yy = outer.gradient(du_y, x)[:, 1:2]
        du_tt = outer.gradient(du_t, x)[:, 2:3]
        return du_tt - (c0 ** 2) * (du_xx + du_yy)

    def conditions(batch):
        bc = tf.reduce_mean(tf.square(net(batch["x_boundary"])))
        ic = tf.reduce_mean(tf.square(net(batch["x_initial"]) - func(batch["x_initial"])))
        return bc + ic

    def reference(batch):
        return tf.reduce_mean(tf.square(pde_hessian(batch["x_domain"]))) + conditions(batch)

    def candidate(batch):
        return tf.reduce_mean(tf.square(pde(batch["x_domain"]))) + conditions(batch)

    dom = rng.uniform(-1, 1, size=(n, 3)); dom[:, 2] = abs(dom[:, 2])
    bnd, ini = dom[::-1].copy(), dom.copy()
    bnd[:, 0] = np.sign(bnd[:, 0]); ini[:, 2] = 0
    batch = {"x_domain": dom, "x_boundary": bnd, "x_initial": ini}
    return {"reference": reference, "candidate": candidate, "batch": {k: v.astype(np.float32) for k, v in batch.items()}, "variables": params}
