"""PINN: suspected that differentiating u.sum() instead of u with ones as output gradients changes the derivative; the rows are independent, so it is the same. Source: https://github.com/nanditadoloi/PINN/issues/3"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": True,
    "cause": "none",
    "line_marker": None,
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    tf.keras.utils.set_random_seed(seed)
    n = 10
    hidden = [tf.keras.layers.Dense(6, activation="sigmoid") for _ in range(3)]
    output = tf.keras.layers.Dense(1)

    def net(x, t):
        h = tf.concat([x, t], axis=1)
        for layer in hidden:
            h = layer(h)
        return output(h)

    def f_ones(x, t):
        with tf.GradientTape(persistent=True) as tape:
            tape.watch([x, t])
            u = net(x, t)
        u_x = tape.gradient(u, x, output_gradients=tf.ones_like(u))
        u_t = tape.gradient(u, t, output_gradients=tf.ones_like(u))
        return u_x - 2 * u_t - u

    def f_sum(x, t):
        with tf.GradientTape() as tape:
            tape.watch([x, t])
            u = net(x, t)
            u_total = tf.reduce_sum(u)
        u_x, u_t = tape.gradient(u_total, [x, t])
        return u_x - 2 * u_t - u

    mse_cost_function = tf.keras.losses.MeanSquaredError()

    def boundary(batch):
        return mse_cost_function(6.0 * tf.exp(-3.0 * batch["x_bc"]), net(batch["x_bc"], tf.zeros_like(batch["x_bc"])))

    def reference(batch):
        return boundary(batch) + tf.reduce_mean(tf.square(f_ones(batch["x"], batch["t"])))

    def candidate(batch):
        f_out = f_sum(batch["x"], batch["t"])
        return boundary(batch) + mse_cost_function(tf.zeros_like(f_out), f_out)

    batch = {"x": rng.uniform(0, 2, size=(n, 1)), "t": rng.uniform(0, 1, size=(n, 1)), "x_bc": rng.uniform(0, 2, size=(n, 1))}
    batch = {k: v.astype(np.float32) for k, v in batch.items()}
    net(batch["x"], batch["t"])
    return {"reference": reference, "candidate": candidate, "batch": batch,
            "variables": [v for layer in hidden + [output] for v in layer.trainable_variables]}
