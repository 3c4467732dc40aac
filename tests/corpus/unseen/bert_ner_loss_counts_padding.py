"""BERT-NER: sentences are padded to max_seq_length with label 0, and the loss sums the cross-entropy of the padded
positions as well.
Source: https://github.com/kaiyinzhou/BERT-NER/issues/3"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "loss = tf.reduce_sum(per_example_loss)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, max_len, hidden, tags = 16, 9, 6, 5
    proj = keras.layers.Dense(tags, name="ner_output")
    proj.build((None, hidden))
    seq = rng.normal(size=(n, max_len, hidden)).astype(f)
    lens = rng.integers(3, max_len - 1, size=n).astype("int32")
    labels = rng.integers(1, tags, size=(n, max_len)).astype("int32")
    for i, k in enumerate(lens):
        labels[i, k:] = 0

    def reference(batch):
        loss = tf.zeros((), f)
        for i in range(n):
            k = int(lens[i])
            logits = proj(batch["sequence_output"][i, :k])
            gold = batch["label_ids"][i, :k]
            logz = tf.reduce_logsumexp(logits, axis=1)
            loss += tf.reduce_sum(logz - tf.gather(logits, gold, batch_dims=1))
        return loss

    def candidate(batch):
        def create_model(output_layer, labels):
            flat = tf.reshape(output_layer, [-1, hidden])
            logits = tf.nn.bias_add(tf.matmul(flat, proj.kernel), proj.bias)
            logits = tf.reshape(logits, [-1, max_len, tags])
            log_probs = tf.nn.log_softmax(logits, axis=-1)
            one_hot_labels = tf.one_hot(labels, depth=tags, dtype=f)
            per_example_loss = -tf.reduce_sum(one_hot_labels * log_probs, axis=-1)
            loss = tf.reduce_sum(per_example_loss)
            return loss, per_example_loss, logits

        loss, _, _ = create_model(batch["sequence_output"], batch["label_ids"])
        return loss

    return {"reference": reference, "candidate": candidate,
            "batch": {"sequence_output": seq, "label_ids": labels}, "variables": list(proj.trainable_variables)}
