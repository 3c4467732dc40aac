"""RND: the novelty error between predictor and target should be the squared distance, but the plain (root) distance is
used. Source: https://github.com/michaelnny/deep_rl_zoo/issues/12"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "error = tf.norm(pred - tf.stop_gradient(target), axis=-1)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    n, d, emb = 6, 5, 4
    predictor = keras.layers.Dense(emb, name="predictor")
    predictor.build((None, d))

    def normalise(batch):
        x = (batch["frames"] - batch["obs_mean"]) / tf.sqrt(batch["obs_var"] + 1e-8)
        return tf.clip_by_value(x, -5.0, 5.0)

    def reference(batch):
        x = normalise(batch)
        diff = predictor(x) - tf.nn.relu(x @ batch["target_w"])
        dist = tf.reduce_sum(diff * diff, axis=1)
        return tf.reduce_sum(dist * batch["update_mask"]) / tf.reduce_sum(batch["update_mask"])

    def candidate(batch):
        x = normalise(batch)
        pred = predictor(x)
        target = tf.nn.relu(tf.matmul(x, batch["target_w"]))
        error = tf.norm(pred - tf.stop_gradient(target), axis=-1)
        mask = batch["update_mask"]
        return tf.reduce_sum(error * mask) / tf.reduce_sum(mask)

    return {
        "reference": reference,
        "candidate": candidate,
        "batch": {
            "frames": (3 + 2 * rng.normal(size=(n, d))).astype(fx),
            "obs_mean": np.full(d, 3.0).astype(fx),
            "obs_var": np.full(d, 4.0).astype(fx),
            "target_w": rng.normal(size=(d, emb)).astype(fx),
            "update_mask": np.array([1, 0, 1, 1, 0, 1]).astype(fx),
        },
        "variables": predictor.trainable_variables,
    }
