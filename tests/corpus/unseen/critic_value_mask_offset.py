"""The values are shifted by one to sit before their response token; the mask must not be shifted as well (attention_mask[-response_length:]).
Source: https://github.com/verl-project/verl/issues/1758"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": 'index',
    "line_marker": 'response_mask = b["attention_mask"][:, -response_length - 1:-1]',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, prompt, response_length, dim, clip = 13, 4, 6, 5, 0.3
    total = prompt + response_length
    critic = keras.Sequential([keras.Input((total, dim)), keras.layers.Dense(7, activation="tanh"), keras.layers.Dense(1)])
    left = rng.integers(0, prompt - 1, n)
    lens = rng.integers(2, response_length + 1, n)
    pos = np.arange(total)[None]
    batch = {
        "hidden": rng.standard_normal((n, total, dim)).astype(f),
        "attention_mask": ((pos >= left[:, None]) & (pos < prompt + lens[:, None])).astype(f),
        "returns": rng.standard_normal((n, response_length)).astype(f),
        "old_values": (0.5 * rng.standard_normal((n, response_length))).astype(f),
    }

    def reference(b):
        v = critic(b["hidden"])[:, :, 0]
        losses = tf.zeros((), f)
        weight = tf.zeros((), f)
        for t in range(response_length):
            vt, old, ret = v[:, prompt - 1 + t], b["old_values"][:, t], b["returns"][:, t]
            clipped = old + tf.clip_by_value(vt - old, -clip, clip)
            m = b["attention_mask"][:, prompt + t]
            losses += tf.reduce_sum(m * tf.maximum(tf.square(vt - ret), tf.square(clipped - ret)))
            weight += tf.reduce_sum(m)
        return 0.5 * losses / weight

    def candidate(b):
        def masked_mean(x, mask):
            return tf.reduce_sum(x * mask) / tf.reduce_sum(mask)

        values = tf.squeeze(critic(b["hidden"]), -1)
        values = values[:, -response_length - 1:-1]
        response_mask = b["attention_mask"][:, -response_length - 1:-1]
        vpredclipped = keras.ops.clip(values, b["old_values"] - clip, b["old_values"] + clip)
        vf_losses1 = (values - b["returns"]) ** 2
        vf_losses2 = (vpredclipped - b["returns"]) ** 2
        return 0.5 * masked_mean(keras.ops.maximum(vf_losses1, vf_losses2), response_mask)

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": critic.trainable_variables}
