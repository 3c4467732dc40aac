"""The discrete action loss multiplies raw logits with the one-hot labels: without a log_softmax it has no lower bound.
Source: https://github.com/octo-models/octo/pull/79"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": 'labels_logprob = logits',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, dim, bins, d = 14, 3, 7, 5
    emb = rng.normal(size=(n, d)).astype(f)
    actions = rng.uniform(-1, 1, size=(n, dim)).astype(f)
    w_act = tf.Variable(rng.normal(size=(d, dim * bins)).astype(f) * 0.4, name="w_act")

    def reference(batch):
        logits = tf.reshape(batch["emb"] @ w_act, (n * dim, bins))
        edges = np.linspace(-1, 1, bins + 1)[1:-1]
        ids = np.digitize(np.asarray(batch["actions"]).reshape(-1), edges)
        return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=ids, logits=logits))

    def candidate(batch):
        class BinTokenizer:
            thresholds = tf.cast(tf.linspace(-1.0, 1.0, bins + 1), f)

            def __call__(self, a):
                a = a[..., None]
                inside = tf.logical_and(a < self.thresholds[1:], a >= self.thresholds[:-1])
                return tf.argmax(tf.cast(inside, tf.int32), axis=-1)

        def discrete_loss(tokenizer, logits, value):
            labels = tokenizer(value)
            labels_one_hot = tf.one_hot(labels, logits.shape[-1], dtype=logits.dtype)
            labels_logprob = logits
            loss = -tf.reduce_sum(labels_logprob * labels_one_hot, axis=-1)
            return tf.reduce_mean(loss)

        logits = tf.reshape(tf.matmul(batch["emb"], w_act), (-1, dim, bins))
        return discrete_loss(BinTokenizer(), logits, batch["actions"])

    return {"reference": reference, "candidate": candidate, "batch": {"emb": emb, "actions": actions}, "variables": [w_act]}
