"""Channel attention of CBAM: the branch of the maximum is computed, but the average branch is added to itself.
Source: https://github.com/nikhilroxtomar/Attention-Mechanism-Implementation/issues/1"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "feats = x1 + x1",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, h, w, ch, red = 12, 4, 3, 6, 2
    fc1 = keras.layers.Dense(ch // red, activation="tanh", use_bias=False, dtype=f, name="fc1")
    fc2 = keras.layers.Dense(ch, use_bias=False, dtype=f, name="fc2")
    stem = keras.layers.Conv2D(ch, 1, dtype=f, name="stem")
    fc1.build((None, ch))
    fc2.build((None, ch // red))
    stem.build((None, h, w, 5))

    def reference(batch):
        x = stem(batch["image"])
        pooled = tf.stack([tf.reduce_mean(x, [1, 2]), tf.reduce_max(x, [1, 2])])
        hidden = tf.tanh(tf.einsum("pbc,ck->pbk", pooled, fc1.kernel.value))
        gate = tf.sigmoid(tf.reduce_sum(tf.einsum("pbk,kc->pbc", hidden, fc2.kernel.value), 0))
        return tf.reduce_mean(tf.square(x * gate[:, None, None] - batch["target"]))

    def candidate(batch):
        class ChannelAttention:
            def forward(self, x):
                x1 = keras.layers.GlobalAveragePooling2D()(x)
                x1 = fc2(fc1(x1))
                x2 = keras.layers.GlobalMaxPooling2D()(x)
                x2 = fc2(fc1(x2))
                feats = x1 + x1
                feats = tf.sigmoid(tf.reshape(feats, (-1, 1, 1, ch)))
                return x * feats

        y = ChannelAttention().forward(stem(batch["image"]))
        return tf.reduce_mean(keras.losses.mean_squared_error(batch["target"], y))

    batch = {"image": rng.standard_normal((n, h, w, 5)).astype(f), "target": rng.standard_normal((n, h, w, ch)).astype(f)}
    return {"reference": reference, "candidate": candidate, "batch": batch,
            "variables": [stem.kernel, stem.bias, fc1.kernel, fc2.kernel]}
