"""Deep supervision: the auxiliary loss is taken from the keras.metrics.Mean that tracks it.

Origin (realistic): train_step whose progress bar and loss share the same metric object.
Right answer: NOT equivalent; result() reads the metric's variables, which the tape cannot see through: the auxiliary heads
get None and the trunk loses their part. The value is the same.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "disconnected",
    "line_marker": 'return main + 0.5 * tracker.result()',
    "same_forward_value": True,
}

def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, hid, k = 20, 4, 6, 3

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    trunk = keras.layers.Dense(hid, activation="tanh", name="trunk", dtype=f)
    heads = [keras.layers.Dense(k, name=nm, dtype=f) for nm in ("main", "aux_a", "aux_b")]
    trunk.build((None, d))
    for hd in heads:
        hd.build((None, hid))
    for layer in [trunk] + heads:
        layer.set_weights([0.7 * arr(*p.shape) for p in layer.get_weights()])
    batch = {"x": arr(n, d), "y": rng.integers(0, k, n)}

    def reference(b):
        m = b["y"].shape[0]
        total = 0.0
        for i in range(m):
            h = trunk(b["x"][i : i + 1])
            for hd, share in zip(heads, (1.0, 0.25, 0.25)):
                total -= share * tf.nn.log_softmax(hd(h))[0, b["y"][i]]
        return total / m

    def candidate(b):
        hidden = trunk(b["x"])
        main, *aux = [
            tf.reduce_mean(keras.losses.sparse_categorical_crossentropy(b["y"], hd(hidden), from_logits=True))
            for hd in heads
        ]
        tracker = keras.metrics.Mean(name="aux_loss", dtype=f)
        for value in aux:
            tracker.update_state(value)
        return main + 0.5 * tracker.result()

    return {"variables": trunk.trainable_variables + [v for hd in heads for v in hd.trainable_variables], "batch": batch, "reference": reference, "candidate": candidate}
