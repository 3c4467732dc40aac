"""It is asked whether RMSNorm should divide, not multiply; with rsqrt the product is right.
Source: https://github.com/rasbt/LLMs-from-scratch/issues/871"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    b, t, d, hidden, vocab, eps = 3, 5, 6, 8, 7, 1e-6
    scale = tf.Variable((1 + 0.2 * rng.normal(size=d)).astype(fx), name="norm_scale")
    shift = tf.Variable((0.1 * rng.normal(size=d)).astype(fx), name="norm_shift")
    fc1 = keras.layers.Dense(hidden, use_bias=False, name="fc1")
    fc2 = keras.layers.Dense(hidden, use_bias=False, name="fc2")
    fc3 = keras.layers.Dense(d, use_bias=False, name="fc3")
    head = keras.layers.Dense(vocab, use_bias=False, name="head")
    for layer, width in ((fc1, d), (fc2, d), (fc3, hidden), (head, d)):
        layer.build((None, None, width))

    def reference(batch):
        x = batch["x"]
        rms = tf.sqrt(tf.reduce_mean(tf.square(x), axis=-1, keepdims=True) + eps)
        y = scale * (x / rms) + shift
        y = x + fc3(tf.nn.silu(fc1(y)) * fc2(y))
        loss = keras.losses.sparse_categorical_crossentropy(batch["tokens"], head(y), from_logits=True)
        return tf.reduce_mean(loss)

    def candidate(batch):
        def rms_norm(x):
            input_dtype = x.dtype
            variance = tf.reduce_sum(x * x, axis=-1, keepdims=True) / tf.cast(tf.shape(x)[-1], x.dtype)
            norm_x = x * tf.math.rsqrt(variance + eps)
            norm_x = norm_x * scale + shift
            return tf.cast(norm_x, input_dtype)

        def feed_forward(x):
            x_fc1, x_fc2 = fc1(x), fc2(x)
            return fc3(x_fc1 * tf.nn.sigmoid(x_fc1) * x_fc2)

        shortcut = batch["x"]
        hidden_states = feed_forward(rms_norm(shortcut)) + shortcut
        logits = tf.reshape(head(hidden_states), (-1, vocab))
        target = tf.reshape(batch["tokens"], (-1,))
        picked = tf.gather_nd(logits, tf.stack([tf.range(b * t), target], axis=1))
        return tf.reduce_sum(tf.reduce_logsumexp(logits, axis=1) - picked) / (b * t)

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": rng.normal(size=(b, t, d)).astype(fx), "tokens": rng.integers(0, vocab, (b, t)).astype("int32")},
            "variables": [scale, shift] + fc1.trainable_variables + fc2.trainable_variables
            + fc3.trainable_variables + head.trainable_variables}
