"""Linear chain CRF with mask: the end mask compares shift_left(mask) with mask the wrong way round, is always zero, and the right
boundary never takes part. Source: https://github.com/keras-team/keras-contrib/issues/508"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "end_mask = tf.cast(tf.greater(shift_left(mask), mask), tf.float32)",
    "same_forward_value": False,
}


def shift_left(x):
    return tf.concat([x[:, 1:], tf.zeros_like(x[:, :1])], axis=1)


def shift_right(x):
    return tf.concat([tf.zeros_like(x[:, :1]), x[:, :-1]], axis=1)


class CRF(tf.Module):
    def __init__(self, tags, rng):
        super().__init__()
        self.chain_kernel = tf.Variable(rng.normal(scale=0.5, size=(tags, tags)).astype("float32"))
        self.left_boundary = tf.Variable(rng.normal(scale=0.5, size=(tags,)).astype("float32"))
        self.right_boundary = tf.Variable(rng.normal(scale=0.5, size=(tags,)).astype("float32"))

    def add_boundary_energy(self, energy, mask):
        start_mask = tf.cast(tf.greater(mask, shift_right(mask)), tf.float32)
        end_mask = tf.cast(tf.greater(shift_left(mask), mask), tf.float32)
        energy = energy + start_mask[:, :, None] * self.left_boundary
        return energy + end_mask[:, :, None] * self.right_boundary

    def nll(self, energy, y_true, mask):
        m = tf.cast(mask, tf.float32)
        onehot = tf.one_hot(y_true, energy.shape[-1])
        path = tf.reduce_sum(tf.reduce_sum(energy * onehot, -1) * m, 1)
        trans = tf.einsum("bti,ij,btj->bt", onehot[:, :-1], self.chain_kernel, onehot[:, 1:])
        path += tf.reduce_sum(trans * m[:, 1:], 1)
        alpha = energy[:, 0]
        for t in range(1, energy.shape[1]):
            step = tf.reduce_logsumexp(alpha[:, :, None] + self.chain_kernel[None], axis=1) + energy[:, t]
            alpha = tf.where(mask[:, t:t + 1] > 0, step, alpha)
        return tf.reduce_logsumexp(alpha, axis=1) - path


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    n, t, vocab, tags = 5, 6, 12, 4
    words = rng.integers(1, vocab, size=(n, t)).astype("int32")
    lengths = np.array([6, 4, 3, 5, 2])
    mask = (np.arange(t)[None] < lengths[:, None]).astype("int32")
    words = (words * mask).astype("int32")
    y = rng.integers(0, tags, size=(n, t)).astype("int32")
    tagger = keras.Sequential([keras.Input((t,), dtype="int32"), keras.layers.Embedding(vocab, 5),
                               keras.layers.Bidirectional(keras.layers.LSTM(4, return_sequences=True)),
                               keras.layers.Dense(tags)])
    crf = CRF(tags, rng)

    def reference(batch):
        energy, m = tagger(batch["words"]), batch["mask"]
        first = tf.one_hot(tf.zeros([n], tf.int32), t)
        last = tf.one_hot(tf.reduce_sum(m, 1) - 1, t)
        energy = energy + first[..., None] * crf.left_boundary + last[..., None] * crf.right_boundary
        return tf.reduce_mean(crf.nll(energy, batch["y"], m))

    def candidate(batch):
        energy = crf.add_boundary_energy(tagger(batch["words"]), batch["mask"])
        return tf.reduce_mean(crf.nll(energy, batch["y"], batch["mask"]))

    return {"reference": reference, "candidate": candidate, "batch": {"words": words, "mask": mask, "y": y},
            "variables": tagger.trainable_variables + list(crf.trainable_variables)}
