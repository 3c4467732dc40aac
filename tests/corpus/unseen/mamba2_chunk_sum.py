"""Inter-chunk state recurrence sums the decay over the target chunk, so chunk states do not propagate.
Source: https://github.com/huggingface/transformers/issues/47246"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": "carried = tf.reduce_sum(decay_chunk[..., None, None] * states_h[:, :, None], axis=2)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    dt = keras.config.floatx()
    b, chunks, length, heads, p, n = 2, 3, 4, 2, 3, 2
    total = chunks * length
    a_log = tf.Variable(rng.normal(size=heads) * 0.3 - 1.0, dtype=dt, name="a_log")
    dt_bias = tf.Variable(rng.normal(size=heads) * 0.3, dtype=dt, name="dt_bias")
    w_b = tf.Variable(rng.normal(size=(p, n)) * 0.7, dtype=dt, name="w_b")
    w_c = tf.Variable(rng.normal(size=(p, n)) * 0.7, dtype=dt, name="w_c")

    def reference(batch):
        x = batch["x"]
        step = tf.nn.softplus(batch["dt"] + dt_bias)
        decay = tf.exp(-tf.exp(a_log) * step)
        key, query = x @ w_b, x @ w_c
        h = tf.zeros([b, heads, p, n], dtype=x.dtype)
        ys = []
        for t in range(total):
            inp = step[:, t, :, None, None] * x[:, t, :, :, None] * key[:, t, :, None, :]
            h = decay[:, t, :, None, None] * h + inp
            ys.append(tf.reduce_sum(h * query[:, t, :, None, :], axis=-1))
        return tf.reduce_mean((tf.stack(ys, axis=1) - batch["y"]) ** 2)

    def candidate(batch):
        def segment_sum(z):
            size = z.shape[-1]
            cs = tf.cumsum(z, axis=-1)
            diff = cs[..., :, None] - cs[..., None, :]
            keep = tf.linalg.band_part(tf.ones([size, size], dtype=tf.bool), -1, 0)
            return tf.where(keep, diff, tf.cast(-1e4, z.dtype))

        def chunked(z):
            return tf.reshape(z, [b, chunks, length] + z.shape[2:])

        x = batch["x"]
        step = tf.nn.softplus(batch["dt"] + dt_bias)
        log_a = tf.transpose(chunked(-tf.exp(a_log) * step), [0, 3, 1, 2])
        xs, ks, qs = chunked(x * step[..., None]), chunked(x @ w_b), chunked(x @ w_c)
        cum = tf.cumsum(log_a, axis=-1)
        inner = tf.exp(segment_sum(log_a))
        y_diag = tf.einsum("bclhn,bcshn,bhcls,bcshp->bclhp", qs, ks, inner, xs)

        to_end = tf.exp(cum[..., -1:] - cum)
        states = tf.einsum("bclhn,bhcl,bclhp->bchpn", ks, to_end, xs)
        states = tf.concat([tf.zeros_like(states[:, :1]), states], axis=1)
        decay_chunk = tf.exp(segment_sum(tf.pad(cum[..., -1], [[0, 0], [0, 0], [1, 0]])))
        states_h = tf.transpose(states, [0, 2, 1, 3, 4])
        carried = tf.reduce_sum(decay_chunk[..., None, None] * states_h[:, :, None], axis=2)
        prev = tf.transpose(carried, [0, 2, 1, 3, 4])[:, :-1]
        y_off = tf.einsum("bclhn,bchpn,bhcl->bclhp", qs, prev, tf.exp(cum))
        y = tf.reshape(y_diag + y_off, [b, total, heads, p])
        return tf.reduce_mean(tf.square(y - batch["y"]))

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": rng.normal(size=(b, total, heads, p)).astype(dt),
                      "dt": rng.normal(size=(b, total, heads)).astype(dt),
                      "y": rng.normal(size=(b, total, heads, p)).astype(dt)},
            "variables": [a_log, dt_bias, w_b, w_c]}
