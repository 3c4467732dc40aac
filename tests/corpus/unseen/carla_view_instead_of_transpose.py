"""CARLA (time series anomaly detection): the windows (batch, time, channels) are brought to (batch, channels, time) by view,
which mixes time and channels.
Source: https://github.com/zamanzadeh/CARLA/issues/16"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": "inputs = tf.reshape(tf.concat([ts_org, ts_w_augment, ts_ss_augment], axis=0), [b * 3, h, w])",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()

    def var(name, *shape, scale=0.5):
        return tf.Variable(scale * rng.standard_normal(shape), dtype=f, name=name)

    n, win, ch, hid, margin = 15, 8, 3, 5, 1.0
    kernel, head = var("kernel", 3, ch, hid), var("head", hid, 4)
    series = rng.standard_normal((n, win, ch)) + np.linspace(0, 2, win)[None, :, None]
    batch = {
        "org": series.astype(f),
        "weak": (series + 0.3 * rng.standard_normal(series.shape)).astype(f),
        "anom": (series + 1.5 * rng.standard_normal(series.shape)).astype(f),
    }

    def reference(batch):
        def represent(x):
            h = tf.nn.relu(tf.nn.conv1d(x, kernel, stride=1, padding="VALID"))
            return tf.reduce_mean(h, axis=1) @ head

        a, p, q = represent(batch["org"]), represent(batch["weak"]), represent(batch["anom"])
        closer = tf.reduce_sum((a - p) ** 2, -1) - tf.reduce_sum((a - q) ** 2, -1)
        return tf.reduce_mean(tf.nn.relu(closer + margin))

    def candidate(batch):
        def resnet(x):                      # takes (batch, channels, time)
            taps = [tf.einsum("bct,cd->bdt", x[:, :, k:k + win - 2], kernel[k]) for k in range(3)]
            feature_map = tf.nn.relu(tf.add_n(taps))
            return tf.matmul(tf.reduce_mean(feature_map, axis=-1), head)

        ts_org, ts_w_augment, ts_ss_augment = batch["org"], batch["weak"], batch["anom"]
        b, w, h = ts_org.shape
        inputs = tf.reshape(tf.concat([ts_org, ts_w_augment, ts_ss_augment], axis=0), [b * 3, h, w])
        anchor, positive, negative = tf.split(resnet(inputs), 3, axis=0)
        pos_dist = tf.reduce_sum(tf.square(anchor - positive), axis=1)
        neg_dist = tf.reduce_sum(tf.square(anchor - negative), axis=1)
        return tf.reduce_mean(tf.maximum(pos_dist - neg_dist + margin, tf.zeros([], f)))

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [kernel, head]}
