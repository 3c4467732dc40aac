"""Mamba2 slow path: the inter-chunk recurrence sums over the target chunks, over which the states are broadcast, and no state crosses a chunk border.
Source: https://github.com/huggingface/transformers/pull/47250"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": 'result = tf.reduce_sum(weighted, axis=2)',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()

    def var(name, *shape, scale=0.5):
        return tf.Variable(rng.normal(0.0, scale, shape).astype(f), name=name)

    def data(*shape):
        return rng.normal(size=shape).astype(f)

    bproj, a_log = var("b", 3, 2, 5), var("a_log", 2)

    def reference(batch):
        state, loss = tf.zeros((13, 2, 5), batch["x"].dtype), 0.0
        for c in range(4):
            decay = tf.exp(-tf.exp(a_log) * batch["dt"][:, c, None])
            state = decay[..., None] * state + tf.einsum("bd,dhp->bhp", batch["x"][:, c], bproj)
            loss += tf.reduce_mean((state - batch["y"][:, c]) ** 2)
        return loss / 4.0

    def candidate(batch):
        def segment_sum(a):
            cum = tf.cumsum(a, axis=-1)
            diff = cum[..., :, None] - cum[..., None, :]
            lower = tf.linalg.band_part(tf.ones_like(diff), -1, 0)
            return tf.where(lower > 0, diff, tf.fill(tf.shape(diff), tf.cast(-1e9, diff.dtype)))

        class Mixer:
            def __call__(self, x, dt):
                states = tf.einsum("bcd,dhp->bchp", x, bproj)
                a = -tf.exp(a_log)[None, :, None] * dt[:, None, :]
                decay_chunk = tf.exp(segment_sum(a))
                states_permuted = tf.transpose(states, [0, 2, 1, 3])
                weighted = decay_chunk[..., None] * states_permuted[:, :, None, ...]
                result = tf.reduce_sum(weighted, axis=2)
                return tf.transpose(result, [0, 2, 1, 3])

        new_states = Mixer()(batch["x"], batch["dt"])
        return tf.reduce_mean(tf.math.squared_difference(new_states, batch["y"]))

    return {"reference": reference, "candidate": candidate, "variables": [bproj, a_log],
            "batch": {"x": data(13, 4, 3), "dt": rng.uniform(0.1, 0.8, (13, 4)).astype(f), "y": data(13, 4, 2, 5)}}
