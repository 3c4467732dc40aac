"""Classification experiments apply softmax a second time to outputs that are probabilities already.
Source: https://github.com/runame/laplace-redux/pull/1"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "probs.append(tf.nn.softmax(out, axis=-1))",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    fx = keras.config.floatx()
    b, d, k, members = 6, 5, 4, 3
    heads = [tf.Variable(rng.normal(size=(d, k)).astype(fx), name=f"head_{i}") for i in range(members)]

    def predict(x, head):
        return tf.nn.softmax(tf.matmul(x, head), axis=-1)

    def reference(batch):
        mix = tf.add_n([predict(batch["x"], hd) for hd in heads]) / members
        picked = tf.gather(mix, batch["y"], axis=1, batch_dims=1)
        return -tf.reduce_mean(tf.math.log(picked))

    def candidate(batch):
        probs = []
        for head in heads:
            out = predict(batch["x"], head)
            probs.append(tf.nn.softmax(out, axis=-1))
        py = tf.reduce_mean(tf.stack(probs), axis=0)
        onehot = tf.one_hot(batch["y"], k, dtype=py.dtype)
        return -tf.reduce_mean(tf.reduce_sum(onehot * tf.math.log(py), axis=-1))

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": rng.normal(size=(b, d)).astype(fx), "y": rng.integers(0, k, size=b).astype("int32")},
            "variables": heads}
