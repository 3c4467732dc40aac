"""Video prediction: the target frame difference is formed in uint8 and wraps around.

Source (real): https://github.com/dwave-examples/image-segmentation/issues/10 (uint8 differences of an image wrap; NumPy,
ported to a TensorFlow loss).
Right answer: NOT equivalent; every darkening pixel gets a large positive target.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "dtype",
    "line_marker": 'motion = tf.cast(b["next"] - b["cur"], f) / 255.0',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, h, w = 15, 6, 5
    c1 = keras.layers.Conv2D(3, 3, padding="same", activation="tanh", name="c1", dtype=f)
    c2 = keras.layers.Conv2D(1, 3, padding="same", name="c2", dtype=f)
    c1.build((None, h, w, 1))
    c2.build((None, h, w, 3))
    for layer in (c1, c2):
        layer.set_weights([0.4 * rng.standard_normal(p.shape).astype(f) for p in layer.get_weights()])
    cur = rng.integers(30, 220, (n, h, w, 1))
    nxt = np.clip(cur + rng.integers(-25, 26, cur.shape), 0, 255)
    batch = {"cur": cur.astype("uint8"), "next": nxt.astype("uint8")}

    def predict(frame):
        return c2(c1(tf.cast(frame, f) / 255.0))

    def reference(b):
        m = b["cur"].shape[0]
        total = 0.0
        for i in range(m):
            delta = tf.cast(b["next"][i], f) / 255.0 - tf.cast(b["cur"][i], f) / 255.0
            total += tf.reduce_mean(tf.square(predict(b["cur"][i : i + 1])[0] - delta))
        return total / m

    def candidate(b):
        motion = tf.cast(b["next"] - b["cur"], f) / 255.0
        pred = predict(b["cur"])
        mse = keras.losses.MeanSquaredError()
        return mse(motion, pred)

    return {
        "variables": c1.trainable_variables + c2.trainable_variables,
        "batch": batch,
        "reference": reference,
        "candidate": candidate,
    }
