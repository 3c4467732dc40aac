"""Text regression: while the tensor dataset is built, the float labels are turned into integers and lose their fractions.

Source (real): https://github.com/deepset-ai/FARM/issues/395 (PyTorch, ported).
Right answer: NOT equivalent.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "dtype",
    "line_marker": "cur_tensor = tf.cast(sample, tf.int64)",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, tokens, vocab, dim = 26, 5, 9, 4

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    embedding = tf.Variable(0.7 * arr(vocab, dim), name="word_embeddings")
    dense = tf.Variable(0.6 * arr(dim, 1), name="regression_head")
    bias = tf.Variable(0.3 * arr(1), name="regression_bias")
    batch = {"input_ids": rng.integers(0, vocab, (n, tokens)), "label": (2.0 * rng.random(n)).astype(f)}

    def reference(b):
        pooled = tf.tanh(tf.reduce_mean(tf.nn.embedding_lookup(embedding, b["input_ids"]), axis=1))
        score = tf.squeeze(pooled @ dense + bias, axis=1)
        return tf.reduce_sum(tf.math.squared_difference(score, b["label"])) / score.shape[0]

    def candidate(b):
        def convert_features_to_dataset(features):
            dataset = {}
            for t_name, sample in features.items():
                if t_name == "input_mask":
                    continue
                cur_tensor = tf.cast(sample, tf.int64)
                dataset[t_name] = cur_tensor
            return dataset

        class RegressionHead:
            def forward(self, x):
                return tf.matmul(x, dense) + bias

            def logits_to_loss(self, logits, label_ids):
                label_ids = tf.cast(label_ids, logits.dtype)
                return keras.losses.MeanSquaredError(dtype=f)(label_ids[:, None], logits)

        data = convert_features_to_dataset({"input_ids": b["input_ids"], "label": b["label"]})
        hidden = tf.gather(embedding, data["input_ids"])
        head = RegressionHead()
        return head.logits_to_loss(head.forward(tf.tanh(tf.reduce_mean(hidden, axis=1))), data["label"])

    return {"variables": [embedding, dense, bias], "batch": batch, "reference": reference, "candidate": candidate}
