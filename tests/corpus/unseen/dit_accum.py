"""Diffusion transformer trainer: the micro-batch losses are divided by the micro-batch size instead of by the number of
accumulated micro-batches. Source: https://github.com/ByteDance-Seed/VeOmni/pull/963"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "loss = loss / micro_batch_size",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    n, d, h, micro_batch_size = 8, 5, 6, 2
    w1 = tf.Variable((0.5 * rng.normal(size=(d + 1, h))).astype(fx), name="dit_in")
    w2 = tf.Variable((0.5 * rng.normal(size=(h, d))).astype(fx), name="dit_out")

    def velocity(x, t):
        return tf.nn.gelu(tf.concat([x, t[:, None]], -1) @ w1) @ w2

    def reference(batch):
        t = batch["t"]
        x_t = (1 - t)[:, None] * batch["x0"] + t[:, None] * batch["noise"]
        err = tf.square(velocity(x_t, t) - (batch["noise"] - batch["x0"]))
        return tf.reduce_mean(tf.reduce_mean(err, -1))

    def candidate(batch):
        num_micro_batches = n // micro_batch_size
        micro = {k: tf.split(v, num_micro_batches, axis=0) for k, v in batch.items()}
        total_loss = 0.0
        for i in range(num_micro_batches):
            x0, noise, t = micro["x0"][i], micro["noise"][i], micro["t"][i]
            sigma = t[:, None]
            latents = (1.0 - sigma) * x0 + sigma * noise
            target = noise - x0
            model_pred = velocity(latents, t)
            loss = tf.reduce_mean(tf.square(model_pred - target))
            loss = loss / micro_batch_size
            total_loss += loss
        return total_loss

    return {
        "reference": reference, "candidate": candidate,
        "batch": {
            "x0": rng.normal(size=(n, d)).astype(fx), "noise": rng.normal(size=(n, d)).astype(fx),
            "t": rng.uniform(size=n).astype(fx),
        },
        "variables": [w1, w2],
    }
