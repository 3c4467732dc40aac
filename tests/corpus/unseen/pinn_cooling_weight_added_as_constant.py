"""Right: the physics weight is also added on its own, a constant, so the value differs but no gradient does.

Source (real): https://github.com/TheodoreWolf/pinns/issues/2
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": True,
    "cause": "none",
    "line_marker": None,
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, h = 12, 8
    w1 = tf.Variable(rng.normal(0, 1.0, (1, h)), name="w1", dtype=tf.float32)
    b1 = tf.Variable(rng.normal(0, 0.5, (h,)), name="b1", dtype=tf.float32)
    w2 = tf.Variable(rng.normal(0, 0.8, (h, 1)), name="w2", dtype=tf.float32)
    rate = tf.Variable(0.7 + 0.1 * rng.normal(), name="cooling_rate", dtype=tf.float32)
    t = rng.uniform(0, 2, (n, 1))
    batch = {
        "t": t.astype(np.float32),
        "temp": (1.0 + 2.0 * np.exp(-t) + 0.1 * rng.normal(size=(n, 1))).astype(np.float32),
        "colloc": rng.uniform(0, 4, (n, 1)).astype(np.float32),
    }
    t_env = 1.0
    loss2_weight = 0.8

    def net(x):
        return tf.nn.softplus(x @ w1 + b1) @ w2

    def reference(b):
        data = tf.reduce_mean(tf.square(net(b["t"]) - b["temp"]))
        # analytic time derivative of the network
        pre = b["colloc"] @ w1 + b1
        dtemp = (tf.sigmoid(pre) * w1) @ w2
        ode = dtemp - rate * (t_env - net(b["colloc"]))
        return data + loss2_weight * tf.reduce_mean(tf.square(ode))

    def physics_loss(ts):
        ts = tf.identity(ts)
        with tf.GradientTape() as tape:
            tape.watch(ts)
            temps = net(ts)
        dtemp = tape.gradient(temps, ts)
        pde = rate * (t_env - temps) - dtemp
        return tf.reduce_mean(pde ** 2)

    def candidate(b):
        loss = tf.reduce_mean(tf.math.squared_difference(b["temp"], net(b["t"])))
        loss += loss2_weight + loss2_weight * physics_loss(b["colloc"])
        return loss

    return {"variables": [w1, b1, w2, rate], "batch": batch, "reference": reference, "candidate": candidate}
