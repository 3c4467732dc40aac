"""InfoNCE added to a speaker model: each call draws one random row as the query, so the loss and its gradient change from call to
call instead of covering the batch. Source: https://github.com/RElbers/info-nce-pytorch/issues/12"""
import random
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "nondeterministic",
    "line_marker": "idx = random.randint(0, high - 1)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    n, d, speakers = 8, 9, 4
    clean = rng.normal(size=(n, d)).astype("float32")
    noisy = (clean + 0.5 * rng.normal(size=(n, d))).astype("float32")
    spk = rng.integers(0, speakers, size=n).astype("int32")
    encoder = keras.Sequential([keras.Input((d,)), keras.layers.Dense(10, activation="relu"), keras.layers.Dense(6)])
    classifier = keras.layers.Dense(speakers)
    classifier.build((None, 6))
    temperature = 0.1

    def norm(z):
        return tf.math.l2_normalize(z, axis=-1)

    def aam(emb, labels):
        return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=classifier(emb)))

    def reference(batch):
        emb, emb_z = encoder(batch["clean"]), encoder(batch["noisy"])
        logits = tf.matmul(norm(emb), norm(emb_z), transpose_b=True) / temperature
        nce = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=tf.range(n), logits=logits)
        return aam(emb, batch["spk"]) + tf.reduce_mean(nce)

    def contrastive(embeddings_z, embeddings):
        high = embeddings.shape[0]
        idx = random.randint(0, high - 1)
        query = norm(embeddings[idx:idx + 1])
        positive_key = norm(embeddings_z[idx:idx + 1])
        negative_keys = norm(tf.concat([embeddings_z[:idx], embeddings_z[idx + 1:]], axis=0))
        positive_logit = tf.reduce_sum(query * positive_key, axis=1, keepdims=True)
        negative_logits = tf.matmul(query, negative_keys, transpose_b=True)
        logits = tf.concat([positive_logit, negative_logits], axis=1)
        labels = tf.zeros([1], tf.int32)
        return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=logits / temperature))

    def candidate(batch):
        emb, emb_z = encoder(batch["clean"]), encoder(batch["noisy"])
        return aam(emb, batch["spk"]) + contrastive(emb_z, emb)

    return {"reference": reference, "candidate": candidate, "batch": {"clean": clean, "noisy": noisy, "spk": spk},
            "variables": encoder.trainable_variables + classifier.trainable_variables}
