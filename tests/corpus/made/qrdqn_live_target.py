"""QR-DQN: the Bellman target is built from the online network and left differentiable.

Source (constructed): quantile-regression DQN without a target network, stop_gradient lost in the vectorised rewrite.
Right answer: NOT equivalent; same loss value, gradients flow through the target.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "stop_gradient",
    "line_marker": 'target = b["rew"][:, None] + _GAMMA * (1.0 - b["done"])[:, None] * best',
    "same_forward_value": True,
}

_GAMMA = 0.9


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, acts, quant = 17, 5, 3, 4
    net = keras.layers.Dense(acts * quant, name="quantile_head", dtype=f)
    net.build((None, d))
    net.set_weights([(0.6 * rng.standard_normal(p.shape)).astype(f) for p in net.get_weights()])
    tau = tf.constant(((np.arange(quant) + 0.5) / quant).astype(f))
    batch = {
        "obs": rng.standard_normal((n, d)).astype(f),
        "next": rng.standard_normal((n, d)).astype(f),
        "act": rng.integers(0, acts, n).astype("int32"),
        "rew": rng.standard_normal(n).astype(f),
        "done": (rng.random(n) < 0.2).astype(f),
    }

    def reference(b):
        m = b["rew"].shape[0]
        total = 0.0
        for i in range(m):
            theta = tf.reshape(net(b["obs"][i : i + 1]), [acts, quant])[b["act"][i]]
            nxt = tf.reshape(net(b["next"][i : i + 1]), [acts, quant])
            nxt = nxt[tf.argmax(tf.reduce_mean(nxt, axis=1))]
            goal = tf.stop_gradient(b["rew"][i] + _GAMMA * (1.0 - b["done"][i]) * nxt)
            for j in range(quant):
                u = goal - theta[j]
                hub = tf.where(tf.abs(u) <= 1.0, 0.5 * u * u, tf.abs(u) - 0.5)
                total += tf.reduce_mean(tf.where(u < 0.0, 1.0 - tau[j], tau[j]) * hub)
        return total / m

    def candidate(b):
        theta = tf.gather(tf.reshape(net(b["obs"]), [-1, acts, quant]), b["act"], batch_dims=1)
        nxt = tf.reshape(net(b["next"]), [-1, acts, quant])
        best = tf.gather(nxt, tf.argmax(tf.reduce_mean(nxt, axis=-1), axis=-1), batch_dims=1)
        target = b["rew"][:, None] + _GAMMA * (1.0 - b["done"])[:, None] * best
        u = target[:, None, :] - theta[:, :, None]
        small = tf.minimum(tf.abs(u), 1.0)
        huber = small * (tf.abs(u) - 0.5 * small)
        pull = tf.abs(tau[None, :, None] - tf.cast(u < 0.0, u.dtype))
        return tf.reduce_mean(tf.reduce_sum(tf.reduce_mean(pull * huber, axis=2), axis=1))

    return {"variables": net.trainable_variables, "batch": batch, "reference": reference, "candidate": candidate}
