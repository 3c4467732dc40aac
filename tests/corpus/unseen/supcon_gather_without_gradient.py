"""Supervised contrastive loss over replicas: features from all_gather carry no gradient, so that the other side of each pair is constant.
Source: https://github.com/HobbitLong/SupContrast/issues/26"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "stop_gradient",
    "line_marker": "return tf.concat([tf.stop_gradient(t) for t in tensor_list], axis=0)",
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, d, k, world, tau = 24, 6, 5, 3, 0.5
    w1 = tf.Variable(rng.normal(size=(d, 8)) * 0.5, dtype=f, name="enc1")
    w2 = tf.Variable(rng.normal(size=(8, k)) * 0.5, dtype=f, name="enc2")
    batch = {"x": rng.normal(size=(n, d)).astype(f), "label": rng.permutation(np.arange(n) % 4).astype("int32")}

    def encode(x):
        return tf.math.l2_normalize(tf.matmul(tf.tanh(tf.matmul(x, w1)), w2), axis=1)

    def reference(batch):
        z = encode(batch["x"])
        sim = tf.matmul(z, z, transpose_b=True) / tau
        eye = tf.eye(n, dtype=f)
        same = tf.cast(batch["label"][:, None] == batch["label"][None, :], f) - eye
        log_p = sim - tf.math.log(tf.reduce_sum(tf.exp(sim) * (1 - eye), 1, keepdims=True))
        return -tf.reduce_mean(tf.reduce_sum(same * log_p, 1) / tf.reduce_sum(same, 1))

    def candidate(batch):
        per_gpu = n // world

        def all_gather(tensor_list):
            return tf.concat([tf.stop_gradient(t) for t in tensor_list], axis=0)

        def sup_con_loss(rank, features, all_features, all_labels):
            own = tf.range(rank * per_gpu, (rank + 1) * per_gpu)
            logits_mask = 1.0 - tf.one_hot(own, n, dtype=f)
            labels = tf.gather(all_labels, own)
            mask = tf.cast(tf.equal(labels[:, None], all_labels[None, :]), f) * logits_mask
            logits = tf.matmul(features, all_features, transpose_b=True) / tau
            logits -= tf.stop_gradient(tf.reduce_max(logits, axis=1, keepdims=True))
            exp_logits = tf.exp(logits) * logits_mask
            log_prob = logits - tf.math.log(tf.reduce_sum(exp_logits, axis=1, keepdims=True))
            mean_log_prob_pos = tf.reduce_sum(mask * log_prob, 1) / tf.reduce_sum(mask, 1)
            return -tf.reduce_mean(mean_log_prob_pos)

        features = [encode(x) for x in tf.split(batch["x"], world)]
        gathered = all_gather(features)
        losses = [sup_con_loss(r, features[r], gathered, batch["label"]) for r in range(world)]
        return tf.add_n(losses) / world

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [w1, w2]}
