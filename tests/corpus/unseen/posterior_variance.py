"""The posterior variance of the tutorial lacks the division by one minus the cumulative alpha. Source: https://github.com/varun-ml/diffusion-models-tutorial/pull/1"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": 'posterior_variance = (1.0 - a) * (1.0 - a_bar_prev)',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()

    def normal(*shape, scale=1.0):
        return (scale * rng.standard_normal(shape)).astype(fx)

    def var(name, *shape, scale=1.0):
        return tf.Variable(normal(*shape, scale=scale), name=name)

    b, d, h, steps = 5, 3, 4, 6
    alphas = np.linspace(0.95, 0.6, steps).astype(fx)
    x0, noise = normal(b, d), normal(b, d)
    t = rng.integers(1, steps, b).astype("int32")
    t[0], t[1] = 1, steps - 1
    valid = np.array([1, 1, 0, 1, 1], dtype=fx)
    w1 = var("w1", d + 1, h)
    w2 = var("w2", h, d)

    def reference(batch):
        abar = tf.math.cumprod(batch["alphas"])
        loss, count = 0.0, 0.0
        for i in range(b):
            k = int(batch["t"][i])
            a, ab, prev = batch["alphas"][k], abar[k], abar[k - 1]
            x_t = tf.sqrt(ab) * batch["x0"][i] + tf.sqrt(1 - ab) * batch["noise"][i]
            inp = tf.concat([x_t, tf.reshape(tf.cast(k, x_t.dtype) / steps, [1])], 0)
            eps = (tf.tanh(inp[None] @ w1) @ w2)[0]
            var_t = (1 - a) * (1 - prev) / (1 - ab)
            coef = (1 - a) ** 2 / (2 * var_t * a * (1 - ab))
            loss += batch["valid"][i] * coef * tf.reduce_mean((eps - batch["noise"][i]) ** 2)
            count += batch["valid"][i]
        return loss / count

    def candidate(batch):
        alphas_ = batch["alphas"]
        alpha_bars = tf.math.cumprod(alphas_, axis=0)
        a = tf.gather(alphas_, batch["t"])[:, None]
        a_bar = tf.gather(alpha_bars, batch["t"])[:, None]
        a_bar_prev = tf.gather(alpha_bars, batch["t"] - 1)[:, None]
        noisy = tf.sqrt(a_bar) * batch["x0"] + tf.sqrt(1.0 - a_bar) * batch["noise"]
        posterior_variance = (1.0 - a) * (1.0 - a_bar_prev)
        weight = tf.square(1.0 - a) / (2.0 * posterior_variance * a * (1.0 - a_bar))
        time = tf.cast(batch["t"], noisy.dtype)[:, None] / steps
        pred = tf.matmul(tf.tanh(tf.matmul(tf.concat([noisy, time], axis=1), w1)), w2)
        per = tf.reduce_mean(weight * tf.square(pred - batch["noise"]), axis=1)
        return tf.reduce_sum(per * batch["valid"]) / tf.reduce_sum(batch["valid"])

    return {"reference": reference, "candidate": candidate,
            "batch": {"alphas": alphas, "x0": x0, "noise": noise, "t": t, "valid": valid},
            "variables": [w1, w2]}
