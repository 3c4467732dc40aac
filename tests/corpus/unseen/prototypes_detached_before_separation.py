"""Class prototypes are detached right after the alignment loss, so the separation loss computed next trains nothing.
Source: https://github.com/imatif17/Prototype-Mean-Teacher/issues/14"""
import itertools
import math
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "stop_gradient",
    "line_marker": 'prototype_s1 = tf.stop_gradient(prototype_s1)',
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    classes, per_domain, d_in = 4, 12, 6
    label = np.stack([rng.permutation(np.arange(per_domain) % classes) for _ in range(3)]).astype("int32")
    centre = rng.normal(size=(classes, d_in))
    x = (centre[label] + 0.5 * rng.normal(size=(3, per_domain, d_in)) + rng.normal(size=(3, 1, d_in)) * 0.4).astype("float32")

    encoder = keras.Sequential([keras.layers.Dense(8, activation="tanh"), keras.layers.Dense(5)])
    encoder.build((None, d_in))

    def reference(batch):
        unit = []
        for k in range(3):
            member = tf.one_hot(batch["label"][k], classes)
            sums = tf.matmul(member, encoder(batch["x"][k]), transpose_a=True)
            centroid = sums / tf.reduce_sum(member, axis=0)[:, None]
            unit.append(centroid / tf.norm(centroid, axis=1, keepdims=True))
        source_1, source_2, teacher = unit
        pairs = [(source_1, teacher), (source_2, teacher), (source_1, source_2)]
        aligned = sum(tf.reduce_sum(tf.abs(tf.reduce_sum(p * q, axis=1))) for p, q in pairs) / (3.0 * classes)
        gram = tf.abs(tf.matmul(source_1, source_1, transpose_b=True))
        separated = (tf.reduce_sum(gram) - tf.linalg.trace(gram)) / (classes * (classes - 1))
        return separated - aligned

    def cosine_similarity(p, q):
        return tf.reduce_sum(tf.math.l2_normalize(p, axis=-1) * tf.math.l2_normalize(q, axis=-1), axis=-1)

    def class_means(features, labels):
        return tf.math.unsorted_segment_mean(features, labels, classes)

    def candidate(batch):
        prototype_s1, prototype_s2, prototype_t = (
            class_means(encoder(batch["x"][k]), batch["label"][k]) for k in range(3))
        loss_pro1 = tf.reduce_mean(tf.abs(cosine_similarity(prototype_s1, prototype_t)))
        loss_pro2 = tf.reduce_mean(tf.abs(cosine_similarity(prototype_s2, prototype_t)))
        loss_pro3 = tf.reduce_mean(tf.abs(cosine_similarity(prototype_s1, prototype_s2)))
        loss = -(loss_pro1 + loss_pro2 + loss_pro3) / 3
        prototype_t = tf.stop_gradient(prototype_t)
        prototype_s1 = tf.stop_gradient(prototype_s1)
        prototype_s2 = tf.stop_gradient(prototype_s2)

        loss_c = 0.0
        for i, j in itertools.combinations(range(classes), 2):
            loss_c += tf.reduce_mean(tf.abs(cosine_similarity(prototype_s1[i], prototype_s1[j])))
        loss_c = loss_c / math.comb(classes, 2)
        return loss + loss_c

    return {"reference": reference, "candidate": candidate, "batch": {"x": x, "label": label},
            "variables": [v.value for v in encoder.trainable_variables]}
