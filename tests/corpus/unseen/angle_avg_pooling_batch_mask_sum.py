"""AnglE's 'avg' pooling divides every sentence's masked sum by the mask sum of the whole batch and not by the
sentence's own number of tokens.
Source: https://github.com/SeanLee97/AnglE/issues/101"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": 'outputs = tf.reduce_sum(outputs * mask[:, :, None], axis=1) / tf.reduce_sum(mask)',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, seq, dim, hid = 16, 6, 4, 5
    w = tf.Variable(0.6 * rng.standard_normal((dim, hid)).astype(f), name="backbone")
    b0 = tf.Variable(0.2 * rng.standard_normal(hid).astype(f), name="backbone_bias")
    score = tf.Variable(rng.standard_normal((hid, 1)).astype(f), name="score")
    lengths = rng.integers(1, seq + 1, n)
    batch = {
        "hidden": rng.standard_normal((n, seq, dim)).astype(f),
        "attention_mask": (np.arange(seq)[None] < lengths[:, None]).astype("int32"),
        "gold": rng.standard_normal(n).astype(f),
    }

    def reference(b):
        total = 0.0
        for i in range(n):
            length = int(tf.reduce_sum(b["attention_mask"][i]))
            tokens = tf.nn.tanh(b["hidden"][i, :length] @ w + b0)
            sentence = tf.reduce_sum(tokens, axis=0) / length
            total += (tf.tensordot(sentence, score[:, 0], 1) - b["gold"][i]) ** 2
        return total / n

    def candidate(b):
        def get_pooling(outputs, inputs, pooling_strategy="avg"):
            mask = tf.cast(inputs["attention_mask"], outputs.dtype)
            if pooling_strategy == "cls":
                outputs = outputs[:, 0]
            elif pooling_strategy == "avg":
                outputs = tf.reduce_sum(outputs * mask[:, :, None], axis=1) / tf.reduce_sum(mask)
            elif pooling_strategy == "max":
                outputs = tf.reduce_max(outputs * mask[:, :, None], axis=1)
            return outputs

        last_hidden = keras.ops.tanh(tf.tensordot(b["hidden"], w, 1) + b0)
        pred = tf.squeeze(tf.matmul(get_pooling(last_hidden, b), score), axis=-1)
        return tf.reduce_mean(tf.math.squared_difference(pred, b["gold"]))

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [w, b0, score]}
