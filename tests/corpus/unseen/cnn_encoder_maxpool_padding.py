"""CNN sentence encoder: zeroed pad embeddings still give relu(bias) after the convolution and may win the max pooling.
Source: https://github.com/allenai/allennlp/issues/4739"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "filter_outputs.append(tf.reduce_max(tf.nn.relu(conv(tokens)), axis=1))",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, steps, dim, filters, ngrams = 15, 9, 4, 5, (2, 3)
    kernels = [tf.Variable(rng.normal(size=(g, dim, filters)) * 0.3, dtype=f, name=f"conv{g}") for g in ngrams]
    biases = [tf.Variable(0.6 + 0.3 * rng.normal(size=(filters,)), dtype=f, name=f"bias{g}") for g in ngrams]
    proj = tf.Variable(rng.normal(size=(filters * len(ngrams), 1)) * 0.5, dtype=f, name="proj")
    lengths = rng.integers(3, 6, size=n)
    mask = np.arange(steps)[None, :] < lengths[:, None]
    batch = {
        "tokens": rng.normal(size=(n, steps, dim)).astype(f),
        "mask": mask.astype(f),
        "score": rng.normal(size=(n,)).astype(f),
    }

    def reference(batch):
        rows = []
        for i, length in enumerate(lengths.tolist()):
            sentence = batch["tokens"][i, :length]
            parts = []
            for g, k, b in zip(ngrams, kernels, biases):
                windows = tf.stack([sentence[t:t + g] for t in range(length - g + 1)])
                parts.append(tf.reduce_max(tf.nn.relu(tf.tensordot(windows, k, [[1, 2], [0, 1]]) + b), axis=0))
            rows.append(tf.concat(parts, axis=0))
        pred = tf.matmul(tf.stack(rows), proj)[:, 0]
        return tf.reduce_mean((pred - batch["score"]) ** 2)

    def candidate(batch):
        class CnnEncoder:
            def __init__(self, layers):
                self.layers = layers

            def forward(self, tokens, mask):
                tokens = tokens * mask[..., None]
                filter_outputs = []
                for conv in self.layers:
                    filter_outputs.append(tf.reduce_max(tf.nn.relu(conv(tokens)), axis=1))
                return tf.concat(filter_outputs, axis=1)

        def make_conv(k, b):
            return lambda t: tf.nn.bias_add(tf.nn.conv1d(t, k, stride=1, padding="VALID"), b)

        encoder = CnnEncoder([make_conv(k, b) for k, b in zip(kernels, biases)])
        pred = tf.squeeze(encoder.forward(batch["tokens"], batch["mask"]) @ proj, axis=-1)
        return tf.reduce_mean(tf.square(pred - batch["score"]))

    return {"reference": reference, "candidate": candidate, "batch": batch,
            "variables": kernels + biases + [proj]}
