"""JetMoE: logits and labels are shifted before they are handed to a loss function that shifts them once more, so position t is trained on token t+2. Source: https://github.com/huggingface/transformers/pull/37830"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": "loss = causal_lm_loss(logits[:, :-1, :], labels[:, 1:])",
    "same_forward_value": False,
}

IGNORE = -100


def causal_lm_loss(logits, labels):
    labels = tf.pad(labels, [[0, 0], [0, 1]], constant_values=IGNORE)
    shift_labels = labels[:, 1:]
    valid = tf.cast(shift_labels != IGNORE, tf.float32)
    safe = tf.where(shift_labels == IGNORE, tf.zeros_like(shift_labels), shift_labels)
    ce = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=safe, logits=logits)
    return tf.reduce_sum(ce * valid) / tf.reduce_sum(valid)


class MoEBlock(keras.layers.Layer):
    def __init__(self, experts, hidden, **kwargs):
        super().__init__(**kwargs)
        self.router = keras.layers.Dense(experts, use_bias=False)
        self.experts = [keras.layers.Dense(hidden, activation="gelu") for _ in range(experts)]

    def call(self, x):
        gate = tf.nn.softmax(self.router(x), axis=-1)
        mixed = tf.add_n([gate[..., i:i + 1] * expert(x) for i, expert in enumerate(self.experts)])
        usage = tf.reduce_mean(gate, axis=[0, 1])
        return x + mixed, tf.reduce_sum(tf.square(usage)) * len(self.experts)


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    n, length, vocab, hidden = 4, 7, 9, 8
    embed = keras.layers.Embedding(vocab, hidden, embeddings_initializer=keras.initializers.RandomNormal(stddev=0.8))
    mixer = keras.layers.LSTM(hidden, return_sequences=True)
    block = MoEBlock(2, hidden)
    aux_coef = 0.01

    def forward(ids):
        h, aux = block(mixer(embed(ids)))
        return tf.matmul(h, tf.convert_to_tensor(embed.embeddings), transpose_b=True), aux

    def reference(batch):
        logits, aux = forward(batch["input_ids"])
        labels = batch["labels"]
        return causal_lm_loss(logits, labels) + aux_coef * aux

    def candidate(batch):
        logits, aux = forward(batch["input_ids"])
        labels = batch["labels"]
        loss = causal_lm_loss(logits[:, :-1, :], labels[:, 1:])
        return loss + aux_coef * aux

    ids = rng.integers(0, vocab, size=(n, length)).astype(np.int32)
    labels = ids.copy()
    labels[0, -2:] = IGNORE
    forward(ids)
    return {"reference": reference, "candidate": candidate, "batch": {"input_ids": ids, "labels": labels},
            "variables": embed.trainable_variables + mixer.trainable_variables + block.trainable_variables}
