"""SKNet: softmax over dim 1 of the (batch, branch, channel) attention vectors is questioned; the branches do compete there,
so it is right. Source: https://github.com/pppLang/SKNet/issues/1"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": True,
    "cause": "none",
    "line_marker": None,
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    n, hw, c, z, cls = 4, 3, 4, 3, 3
    k1 = tf.Variable(rng.normal(size=(1, 1, c, c)).astype(fx), name="conv1")
    k3 = tf.Variable(rng.normal(size=(3, 3, c, c)).astype(fx) * 0.4, name="conv3")
    fc = tf.Variable(rng.normal(size=(c, z)).astype(fx), name="fc")
    fcs = tf.Variable(rng.normal(size=(2, z, c)).astype(fx), name="fcs")
    top = tf.Variable(rng.normal(size=(c, cls)).astype(fx), name="top")

    def reference(batch):
        a = tf.nn.conv2d(batch["image"], k1, 1, "SAME")
        b = tf.nn.conv2d(batch["image"], k3, 1, "SAME")
        s = tf.nn.relu(tf.reduce_mean(a + b, axis=[1, 2]) @ fc)
        gate = tf.sigmoid(s @ fcs[0] - s @ fcs[1])[:, None, None, :]
        pooled = tf.reduce_mean(b + gate * (a - b), axis=[1, 2])
        logp = tf.nn.log_softmax(pooled @ top)
        return -tf.reduce_sum(tf.one_hot(batch["label"], cls, dtype=fx) * logp) / n

    def candidate(batch):
        feats = tf.stack(
            [tf.nn.conv2d(batch["image"], kern, strides=1, padding="SAME") for kern in (k1, k3)], axis=1
        )
        fea_u = tf.reduce_sum(feats, axis=1)
        fea_z = tf.nn.relu(tf.matmul(tf.reduce_mean(fea_u, axis=[1, 2]), fc))
        attention_vectors = tf.stack([tf.matmul(fea_z, fcs[i]) for i in range(2)], axis=1)
        attention_vectors = tf.nn.softmax(attention_vectors, axis=1)
        fea_v = tf.reduce_sum(feats * attention_vectors[:, :, None, None, :], axis=1)
        logits = tf.matmul(tf.reduce_mean(fea_v, axis=[1, 2]), top)
        return tf.reduce_mean(
            tf.nn.sparse_softmax_cross_entropy_with_logits(labels=batch["label"], logits=logits)
        )

    return {
        "reference": reference,
        "candidate": candidate,
        "batch": {
            "image": rng.normal(size=(n, hw, hw, c)).astype(fx),
            "label": rng.integers(0, cls, size=n).astype("int32"),
        },
        "variables": [k1, k3, fc, fcs, top],
    }
