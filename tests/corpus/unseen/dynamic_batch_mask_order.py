"""With dynamic micro batches the values come in rearranged order, but are multiplied by the mask in the original order before they are put back.
Source: https://github.com/verl-project/verl/pull/1440"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": 'index',
    "line_marker": 'values = values * b["mask"]',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, length, dim = 14, 6, 5
    critic = keras.Sequential([keras.Input((length, dim)), keras.layers.Dense(8, activation="relu"), keras.layers.Dense(1)])
    lens = rng.permutation(np.resize(np.arange(1, length + 1), n))
    batch = {
        "hidden": rng.standard_normal((n, length, dim)).astype(f),
        "mask": (np.arange(length)[None] < lens[:, None]).astype(f),
        "returns": (1.5 + rng.standard_normal((n, length))).astype(f),
    }

    def reference(b):
        v = tf.squeeze(critic(b["hidden"]), -1) * b["mask"]
        return tf.reduce_sum(b["mask"] * tf.square(v - b["returns"])) / tf.reduce_sum(b["mask"])

    def candidate(b):
        def rearrange_micro_batches(seqlens, parts=3):
            order = np.argsort(-seqlens, kind="stable")
            return [list(order[k::parts]) for k in range(parts)]

        def get_reverse_idx(idx_map):
            reverse = [0] * len(idx_map)
            for i, idx in enumerate(idx_map):
                reverse[idx] = i
            return reverse

        micro_batches = rearrange_micro_batches(lens)
        values_lst = []
        for idx in micro_batches:
            values_lst.append(critic(tf.gather(b["hidden"], idx))[..., 0])
        values = tf.concat(values_lst, axis=0)
        values = values * b["mask"]
        indices = [i for part in micro_batches for i in part]
        values = tf.gather(values, get_reverse_idx(indices))
        vf_loss = (values - b["returns"]) ** 2
        return tf.reduce_sum(tf.boolean_mask(vf_loss, b["mask"] > 0)) / tf.reduce_sum(b["mask"])

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": critic.trainable_variables}
