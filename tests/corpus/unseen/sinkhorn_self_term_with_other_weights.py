"""Sinkhorn divergence gives the two self-terms the weights (a, b) instead of (a, a) and (b, b).
Source: https://github.com/PythonOT/POT/issues/230"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": 'sinkhorn_loss_a = empirical_sinkhorn2(X_s, X_s, reg, a, b)',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    n, reg = 9, 0.5
    z = rng.normal(size=(n, 4)).astype("float32")
    target = (rng.normal(size=(n, 3)) + np.array([1.0, -0.5, 0.3])).astype("float32")
    a = rng.dirichlet(np.ones(n) * 2).astype("float32")
    b = rng.dirichlet(np.ones(n) * 2).astype("float32")

    w = tf.Variable(rng.normal(size=(4, 3)).astype("float32") * 0.5)
    shift = tf.Variable(rng.normal(size=(3,)).astype("float32") * 0.2)

    def transport_cost(p, wp, q, wq):
        """Entropic cost by potentials in the log domain, written for one pair of clouds."""
        c = tf.reduce_sum((p[:, None, :] - q[None, :, :]) ** 2, axis=-1)
        f, g = tf.zeros_like(wp), tf.zeros_like(wq)
        for _ in range(25):
            f = -reg * tf.reduce_logsumexp((g[None] - c) / reg + tf.math.log(wq)[None], axis=1)
            g = -reg * tf.reduce_logsumexp((f[:, None] - c) / reg + tf.math.log(wp)[:, None], axis=0)
        plan = tf.exp((f[:, None] + g[None] - c) / reg) * wp[:, None] * wq[None]
        return tf.reduce_sum(plan * c)

    def reference(batch):
        cloud = tf.matmul(batch["z"], w) + shift
        sides = {"s": (cloud, batch["a"]), "t": (batch["target"], batch["b"])}
        cross = transport_cost(*sides["s"], *sides["t"])
        own = [transport_cost(*side, *side) for side in sides.values()]
        return tf.nn.relu(cross - tf.add_n(own) / 2.0)

    def empirical_sinkhorn2(X_s, X_t, reg, a, b):
        M = (tf.reduce_sum(X_s**2, 1)[:, None] + tf.reduce_sum(X_t**2, 1)[None] - 2.0 * tf.matmul(X_s, X_t, transpose_b=True))
        log_K = -M / reg
        log_u, log_v = tf.zeros_like(a), tf.zeros_like(b)
        for _ in range(25):
            log_u = tf.math.log(a) - tf.reduce_logsumexp(log_K + log_v[None], axis=1)
            log_v = tf.math.log(b) - tf.reduce_logsumexp(log_K + log_u[:, None], axis=0)
        return tf.reduce_sum(tf.exp(log_u[:, None] + log_K + log_v[None]) * M)

    def candidate(batch):
        a, b = batch["a"], batch["b"]
        X_s, X_t = batch["z"] @ w + shift, batch["target"]
        sinkhorn_loss_ab = empirical_sinkhorn2(X_s, X_t, reg, a, b)
        sinkhorn_loss_a = empirical_sinkhorn2(X_s, X_s, reg, a, b)
        sinkhorn_loss_b = empirical_sinkhorn2(X_t, X_t, reg, a, b)
        sinkhorn_div = sinkhorn_loss_ab - 0.5 * (sinkhorn_loss_a + sinkhorn_loss_b)
        return tf.maximum(0.0, sinkhorn_div)

    return {"reference": reference, "candidate": candidate,
            "batch": {"z": z, "target": target, "a": a, "b": b}, "variables": [w, shift]}
