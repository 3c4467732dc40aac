"""Paper and code have different formulas for the SNR, alpha/(1-alpha) and 1/(1-alpha)-1;
both are the same. Source: https://github.com/jychoi118/P2-weighting/issues/16"""
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
    fx = keras.config.floatx()

    def var(name, *shape, scale=1.0):
        return tf.Variable((scale * rng.standard_normal(shape)).astype(fx), name=name)

    n, d, steps, gamma, kk = 6, 5, 10, 1.0, 1.0
    w1 = var("w1", d + 1, 8)
    w2 = var("w2", 8, d)
    x0 = rng.standard_normal((n, d)).astype(fx)
    noise = rng.standard_normal((n, d)).astype(fx)
    t = rng.integers(0, steps, n).astype("int32")
    abar = np.cumprod(1.0 - np.linspace(0.02, 0.3, steps)).astype(fx)

    def eps_model(x, step):
        tt = tf.cast(step, x.dtype)[:, None] / steps
        return tf.matmul(tf.nn.silu(tf.matmul(tf.concat([x, tt], 1), w1)), w2)

    def reference(batch):
        loss = 0.0
        for i in range(n):
            a = batch["abar"][batch["t"][i]]
            xt = tf.sqrt(a) * batch["x0"][i] + tf.sqrt(1 - a) * batch["noise"][i]
            pred = eps_model(xt[None], batch["t"][i:i + 1])[0]
            snr = a / (1 - a)
            loss += tf.reduce_mean((pred - batch["noise"][i]) ** 2) / (kk + snr) ** gamma
        return loss / n

    def candidate(batch):
        all_snr = 1.0 / (1.0 - batch["abar"]) - 1.0
        p2 = 1.0 / tf.pow(kk + all_snr, gamma)
        at = tf.gather(batch["abar"], batch["t"])[:, None]
        x_t = tf.sqrt(at) * batch["x0"] + tf.sqrt(1.0 - at) * batch["noise"]
        mse = tf.reduce_mean(tf.square(batch["noise"] - eps_model(x_t, batch["t"])), axis=1)
        return tf.reduce_mean(tf.gather(p2, batch["t"]) * mse)

    return {"reference": reference, "candidate": candidate,
            "batch": {"x0": x0, "noise": noise, "t": t, "abar": abar}, "variables": [w1, w2]}
