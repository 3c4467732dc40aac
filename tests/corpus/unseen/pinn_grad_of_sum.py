"""A PINN takes the gradient of u.sum() with respect to x and was told this is d(sum u)/dx and not du/dx; the points do not interact,
so it is the same. Source: https://github.com/nanditadoloi/PINN/issues/3"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": True,
    "cause": "none",
    "line_marker": None,
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    n_c, n_b = 8, 6
    x = rng.uniform(0, 2, size=(n_c, 1)).astype("float32")
    t = rng.uniform(0, 1, size=(n_c, 1)).astype("float32")
    xb = rng.uniform(0, 2, size=(n_b, 1)).astype("float32")
    net = keras.Sequential([keras.Input((2,))] + [keras.layers.Dense(7, activation="sigmoid") for _ in range(3)]
                           + [keras.layers.Dense(1)])
    mse = keras.losses.MeanSquaredError()

    def u_of(x, t):
        return net(tf.concat([x, t], axis=1))

    def boundary(batch):
        ub = 6.0 * tf.exp(-3.0 * batch["xb"])
        return mse(ub, u_of(batch["xb"], tf.zeros_like(batch["xb"])))

    def reference(batch):
        squares = []
        for i in range(n_c):
            xi, ti = batch["x"][i:i + 1], batch["t"][i:i + 1]
            with tf.GradientTape() as tape:
                tape.watch([xi, ti])
                ui = u_of(xi, ti)
            u_x, u_t = tape.gradient(ui, [xi, ti])
            squares.append(tf.square(u_x - 2 * u_t - ui)[0, 0])
        return boundary(batch) + tf.add_n(squares) / n_c

    def f(x, t):
        with tf.GradientTape(persistent=True) as tape:
            tape.watch(x)
            tape.watch(t)
            u = u_of(x, t)
            total = tf.reduce_sum(u)
        u_x = tape.gradient(total, x)
        u_t = tape.gradient(total, t)
        return u_x - 2 * u_t - u

    def candidate(batch):
        f_out = f(batch["x"], batch["t"])
        return boundary(batch) + mse(tf.zeros_like(f_out), f_out)

    return {"reference": reference, "candidate": candidate, "batch": {"x": x, "t": t, "xb": xb},
            "variables": net.trainable_variables}
