"""Deep supervision: the losses of several heads are averaged in the loop by halving the running total each time.

Source: realistic ("loss = (loss + aux) / 2" written for two heads and kept when more heads were added).
Right answer: NOT equivalent; the five heads are weighted 1/32, 1/16, 1/8, 1/4, 1/2 instead of 1/5 each.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "running = 0.5 * (running + head_loss)",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, hid, levels = 22, 4, 6, 5
    trunk = keras.layers.Dense(hid, activation="tanh", name="trunk", dtype=f)
    trunk.build((None, d))
    heads = []
    for k in range(levels):
        layer = keras.layers.Dense(1, name=f"aux_{k}", dtype=f)
        layer.build((None, hid))
        heads.append(layer)
    for layer in [trunk, *heads]:
        layer.set_weights([0.7 * rng.standard_normal(p.shape).astype(f) for p in layer.get_weights()])
    variables = list(trunk.trainable_variables)
    for layer in heads:
        variables += layer.trainable_variables
    batch = {
        "x": rng.standard_normal((n, d)).astype(f),
        "y": rng.standard_normal((n, levels)).astype(f),
    }

    def reference(b):
        h = trunk(b["x"])
        pred = tf.concat([layer(h) for layer in heads], axis=-1)
        return tf.reduce_mean(tf.square(pred - b["y"]))

    def candidate(b):
        feat = trunk(b["x"])
        running = 0.0
        for k, head in enumerate(heads):
            out = keras.ops.squeeze(head(feat), axis=-1)
            head_loss = keras.ops.mean(keras.ops.square(out - b["y"][:, k]))
            running = 0.5 * (running + head_loss)
        return running

    return {"variables": variables, "batch": batch, "reference": reference, "candidate": candidate}
