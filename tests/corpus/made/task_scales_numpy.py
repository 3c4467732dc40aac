"""Multi-task uncertainty weighting: the learned task scales are read with .numpy() before they weigh the losses.

Origin (realistic): the dictionary of scales was also logged, so it was built from NumPy values.
Right answer: NOT equivalent; the scales get gradient None, the loss value and the other gradients are right.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "disconnected",
    "line_marker": 'scale = {name: tf.nn.softplus(raw[name]).numpy() for name in raw}',
    "same_forward_value": True,
}

def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, k = 19, 5, 4

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    wdepth = tf.Variable(0.6 * arr(d, 1), name="depth_w")
    wseg = tf.Variable(0.6 * arr(d, k), name="seg_w")
    raw = {
        "depth": tf.Variable(np.asarray(0.4, f), name="raw_depth"),
        "seg": tf.Variable(np.asarray(-0.3, f), name="raw_seg"),
    }
    batch = {"x": arr(n, d), "depth": arr(n), "seg": rng.integers(0, k, n)}

    def reference(b):
        m = b["depth"].shape[0]
        sd, ss = tf.math.log1p(tf.exp(raw["depth"])), tf.math.log1p(tf.exp(raw["seg"]))
        total = 0.0
        for i in range(m):
            x = b["x"][i : i + 1]
            total += sd * tf.square((x @ wdepth)[0, 0] - b["depth"][i])
            total -= ss * tf.nn.log_softmax(x @ wseg)[0, b["seg"][i]]
        return total / m - tf.math.log(sd) - tf.math.log(ss)

    def candidate(b):
        task = {
            "depth": tf.square(tf.squeeze(b["x"] @ wdepth, -1) - b["depth"]),
            "seg": tf.nn.sparse_softmax_cross_entropy_with_logits(labels=b["seg"], logits=b["x"] @ wseg),
        }
        scale = {name: tf.nn.softplus(raw[name]).numpy() for name in raw}
        return tf.add_n([scale[t] * tf.reduce_mean(task[t]) - tf.math.log(scale[t]) for t in task])

    return {"variables": [wdepth, wseg, raw["depth"], raw["seg"]], "batch": batch, "reference": reference, "candidate": candidate}
