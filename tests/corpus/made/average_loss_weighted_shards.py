"""tf.nn.compute_average_loss with sample weights on uneven shards, summed over the shards.

Source (real): the recipe of https://github.com/tensorflow/tensorflow/issues/58938 and issues/31317 (reduction none, divide by
the global batch size, sum the replicas). Looks like a sum of means.
Right answer: EQUIVALENT to sum(weight * loss) / n on one device.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, hid = 30, 5, 7
    model = keras.Sequential(
        [
            keras.Input((d,), dtype=f),
            keras.layers.Dense(hid, activation="tanh", name="fc", dtype=f),
            keras.layers.LayerNormalization(name="ln", dtype=f),
            keras.layers.Dense(1, name="out", dtype=f),
        ]
    )
    model.set_weights([(0.3 + 0.5 * rng.standard_normal(w.shape)).astype(f) for w in model.get_weights()])
    batch = {
        "x": rng.standard_normal((n, d)).astype(f),
        "y": rng.standard_normal((n, 1)).astype(f),
        "sw": rng.uniform(0.0, 3.0, n).astype(f),
    }

    def huber(e):
        a = abs(e)
        return 0.5 * e * e if float(a) <= 1.0 else a - 0.5

    def reference(b):
        m = b["y"].shape[0]
        total = 0.0
        for i in range(m):
            total += b["sw"][i] * huber(model(b["x"][i : i + 1])[0, 0] - b["y"][i, 0])
        return total / m

    @tf.function
    def candidate(b):
        per_sample = keras.losses.Huber(delta=1.0, reduction="none")
        global_batch = b["x"].shape[0]
        losses = []
        for lo, hi in ((0, 12), (12, 24), (24, global_batch)):
            shard_loss = per_sample(b["y"][lo:hi], model(b["x"][lo:hi]))
            losses.append(
                tf.nn.compute_average_loss(
                    shard_loss,
                    sample_weight=b["sw"][lo:hi],
                    global_batch_size=global_batch,
                )
            )
        return tf.add_n(losses)

    return {"variables": model.trainable_variables, "batch": batch, "reference": reference, "candidate": candidate}
