"""The SELD network runs on channels_first feature maps, but BatchNormalization keeps its default axis -1, so
it normalises per frequency bin and not per channel.
Source: https://github.com/sharathadavanne/seld-dcase2021/issues/8"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": "norm = keras.layers.BatchNormalization(center=False, scale=False)",
    "same_forward_value": False,
}


def per_channel_moments(maps):
    mu = tf.reduce_mean(maps, axis=(0, 2, 3), keepdims=True)
    return mu, tf.reduce_mean((maps - mu) ** 2, axis=(0, 2, 3), keepdims=True)


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, mics, frames, bins, filt, events = 14, 2, 5, 4, 3, 6
    kernel = tf.Variable(rng.standard_normal((mics, filt)).astype(f), name="kernel")
    out = tf.Variable(0.4 * rng.standard_normal((filt * bins, events)).astype(f), name="doa")
    loud = np.array([1.0, 3.0, 0.4, 2.0])            # spectra are not flat
    batch = {
        "spec": (rng.standard_normal((n, mics, frames, bins)) * loud + 0.5 * loud).astype(f),
        "sed": (rng.random((n, frames, events)) < 0.3).astype(f),
    }

    def reference(b):
        maps = tf.stack([
            tf.add_n([b["spec"][:, m] * kernel[m, c] for m in range(mics)]) for c in range(filt)
        ], axis=1)
        mu, var = per_channel_moments(maps)
        act = tf.nn.softplus((maps - mu) / tf.sqrt(var + 1e-3))
        seq = tf.reshape(tf.transpose(act, (0, 2, 1, 3)), (n, frames, -1))
        logits = seq @ out
        return tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(labels=b["sed"], logits=logits))

    def candidate(b):
        norm = keras.layers.BatchNormalization(center=False, scale=False)
        spec_cnn = tf.einsum("nmtf,mc->nctf", b["spec"], kernel)
        spec_cnn = norm(spec_cnn, training=True)
        spec_cnn = keras.ops.softplus(spec_cnn)
        spec_rnn = keras.ops.transpose(spec_cnn, (0, 2, 1, 3))
        spec_rnn = keras.ops.reshape(spec_rnn, (-1, frames, filt * bins))
        sed = keras.ops.matmul(spec_rnn, out)
        return keras.losses.BinaryCrossentropy(from_logits=True)(b["sed"], sed)

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [kernel, out]}
