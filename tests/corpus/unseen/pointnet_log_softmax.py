"""PointNet's classifier returns log_softmax over the batch dimension in place of the classes.
Source: https://github.com/fxia22/pointnet.pytorch/issues/27"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": "pred = tf.nn.log_softmax(x, axis=0)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    fx = keras.config.floatx()
    b, pts, hid, k = 5, 8, 7, 4
    t_w = tf.Variable(rng.normal(size=(3, 9), scale=0.3).astype(fx), name="tnet")
    c1 = tf.Variable(rng.normal(size=(3, hid)).astype(fx), name="conv1")
    f1 = tf.Variable(rng.normal(size=(hid, k)).astype(fx), name="fc1")

    def features(cloud):
        trans = tf.reshape(tf.matmul(tf.reduce_max(cloud, axis=1), t_w), [-1, 3, 3])
        trans = trans + tf.eye(3, dtype=cloud.dtype)
        h = tf.nn.elu(tf.matmul(tf.matmul(cloud, trans), c1))
        return tf.reduce_max(h, axis=1), trans

    def orth(trans):
        diff = tf.matmul(trans, trans, transpose_b=True) - tf.eye(3, dtype=trans.dtype)
        return tf.reduce_mean(tf.norm(diff, axis=[1, 2]))

    def reference(batch):
        g, trans = features(batch["points"])
        logits = tf.matmul(g, f1)
        ce = keras.losses.sparse_categorical_crossentropy(batch["target"], logits, from_logits=True)
        return tf.reduce_mean(ce) + 0.001 * orth(trans)

    def candidate(batch):
        x, trans = features(batch["points"])
        x = tf.matmul(x, f1)
        pred = tf.nn.log_softmax(x, axis=0)
        nll = -tf.gather(pred, batch["target"], axis=1, batch_dims=1)
        return tf.reduce_mean(nll) + 0.001 * orth(trans)

    return {"reference": reference, "candidate": candidate,
            "batch": {"points": rng.normal(size=(b, pts, 3)).astype(fx),
                      "target": rng.integers(0, k, size=b).astype("int32")},
            "variables": [t_w, c1, f1]}
