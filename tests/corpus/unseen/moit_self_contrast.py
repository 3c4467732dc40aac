"""k-NN soft labels against the memory of train features: the similarity with oneself has to be removed.
Source: https://github.com/DiegoOrtego/LabelNoiseMOIT/issues/5"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": 'index',
    "line_marker": 'own = tf.one_hot(tf.range(tf.shape(feats)[0]), memory.shape[0], dtype=feats.dtype)',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    fx = keras.config.floatx()
    n, m, d, classes = 4, 12, 5, 3
    x = rng.normal(size=(n, 6)).astype(fx)
    w = tf.Variable(rng.normal(0, 0.6, (6, d)).astype(fx), name="encoder")
    memory = rng.normal(size=(m, d))
    ids = rng.permutation(np.arange(n, m))[:n]
    first = np.tanh(x @ w.numpy())
    memory[ids] = first + 0.05 * rng.normal(size=first.shape)
    memory = (memory / np.linalg.norm(memory, axis=1, keepdims=True)).astype(fx)
    bank_labels = rng.integers(0, classes, size=m)

    def reference(batch):
        z = tf.math.l2_normalize(tf.tanh(batch["x"] @ w), axis=1)
        total = 0.0
        for i in range(n):
            keep = [j for j in range(m) if j != int(batch["index"][i])]
            sims = tf.stack([tf.reduce_sum(z[i] * memory[j]) for j in keep])
            votes = tf.nn.softmax(sims / 0.2)
            agree = tf.constant([float(bank_labels[j] == int(batch["label"][i])) for j in keep], dtype=z.dtype)
            total -= tf.math.log(tf.reduce_sum(votes * agree) + 1e-4)
        return total / n

    def candidate(batch):
        feats = tf.math.l2_normalize(tf.tanh(tf.matmul(batch["x"], w)), axis=1)
        dist = tf.matmul(feats, memory, transpose_b=True)
        own = tf.one_hot(tf.range(tf.shape(feats)[0]), memory.shape[0], dtype=feats.dtype)
        weights = tf.nn.softmax(dist / 0.2 - 1e4 * own, axis=1)
        one_hot = tf.one_hot(bank_labels, classes, dtype=feats.dtype)
        soft = tf.matmul(weights, one_hot)
        p = tf.gather(soft, batch["label"], batch_dims=1)
        return -tf.reduce_mean(tf.math.log(p + 1e-4))

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": x, "index": ids.astype("int32"),
                      "label": rng.integers(0, classes, size=n).astype("int32")},
            "variables": [w]}
