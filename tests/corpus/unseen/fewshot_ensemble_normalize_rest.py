"""Diversity of the members of an ensemble, on the probabilities without the true class: they are divided by the sum of all
probabilities (1) and not by the sum of the remaining ones.
Source: https://github.com/dvornikita/fewshot_ensemble/issues/5"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "probs = probs / (tf.reduce_sum(all_probs, axis=1, keepdims=True) + 1e-8)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    nets = [tf.Variable(rng.normal(size=(5, 4)).astype(f), name="net%d" % k) for k in range(3)]
    gamma = 0.6

    def reference(batch):
        ce, logps = 0.0, []
        others = tf.one_hot(batch["y"], 4, on_value=-1e9, off_value=0.0, dtype=f)
        for net in nets:
            logits = batch["x"] @ net
            ce += tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=batch["y"], logits=logits))
            logps.append(tf.nn.log_softmax(logits + others))
        relation, pairs = 0.0, 0
        for i in range(3):
            for j in range(3):
                if i != j:
                    p = tf.exp(logps[i])
                    relation += tf.reduce_mean(tf.reduce_sum(p * (logps[i] - logps[j]), axis=1))
                    pairs += 1
        return ce - gamma * relation / pairs

    def candidate(batch):
        keep = tf.not_equal(tf.range(4)[None, :], batch["y"][:, None])

        def remove_label(all_probs):
            probs = tf.reshape(tf.boolean_mask(all_probs, keep), [-1, 3])
            probs = probs / (tf.reduce_sum(all_probs, axis=1, keepdims=True) + 1e-8)
            return probs

        def relation_loss(all_list):
            rest = tf.stack([remove_label(p) for p in all_list])
            log_rest = tf.math.log(rest)
            kl = tf.reduce_sum(rest[:, None] * (log_rest[:, None] - log_rest[None]), axis=-1)
            return tf.reduce_sum(tf.reduce_mean(kl, axis=-1)) / 6.0

        softmaxes = [tf.nn.softmax(tf.matmul(batch["x"], net)) for net in nets]
        losses = [keras.losses.SparseCategoricalCrossentropy()(batch["y"], p) for p in softmaxes]
        return tf.add_n(losses) - gamma * relation_loss(softmaxes)

    batch = {"x": (rng.normal(size=(16, 5)) * 0.6).astype(f), "y": rng.integers(0, 4, 16).astype("int32")}
    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": nets}
