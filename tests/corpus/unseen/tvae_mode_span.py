"""TVAE's loss takes the Gaussian branch for the softmax-coded mode indicator too (an `or` for an `and`), and for one entry of it only.
Source: https://github.com/sdv-dev/CTGAN/issues/143"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": 'if len(column) != 1 or act != "softmax":',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    fx = keras.config.floatx()
    b, z = 6, 4
    columns = [[(1, "tanh"), (3, "softmax")], [(4, "softmax")], [(1, "tanh"), (2, "softmax")]]
    dim = sum(n for col in columns for n, _ in col)
    w = tf.Variable(rng.normal(size=(z, dim)).astype(fx), name="decoder_w")
    sig = tf.Variable(rng.uniform(0.5, 1.0, size=(dim,)).astype(fx), name="sigma")
    cols = []
    for col in columns:
        for n, act in col:
            cols.append(rng.uniform(-1, 1, size=(b, 1)) if act == "tanh" else np.eye(n)[rng.integers(0, n, b)])

    def reference(batch):
        rec, x = tf.matmul(batch["z"], w), batch["x"]
        total, at = 0.0, 0
        for n, act in [span for col in columns for span in col]:
            if act == "tanh":
                err = x[:, at] - tf.tanh(rec[:, at])
                total += tf.reduce_sum(err ** 2 / (2.0 * sig[at] ** 2) + tf.math.log(sig[at]))
            else:
                logp = tf.nn.log_softmax(rec[:, at:at + n], axis=-1)
                total -= tf.reduce_sum(x[:, at:at + n] * logp)
            at += n
        return total / b

    def candidate(batch):
        recon, x = tf.matmul(batch["z"], w), batch["x"]
        st, loss = 0, []
        for column in columns:
            for length, act in column:
                if len(column) != 1 or act != "softmax":
                    ed = st + length
                    std = sig[st]
                    eq = x[:, st] - tf.tanh(recon[:, st])
                    loss.append(tf.reduce_sum(eq ** 2 / 2 / std ** 2))
                    loss.append(tf.math.log(std) * b)
                    st = ed
                else:
                    ed = st + length
                    target = tf.argmax(x[:, st:ed], axis=-1)
                    loss.append(tf.reduce_sum(tf.nn.sparse_softmax_cross_entropy_with_logits(
                        labels=target, logits=recon[:, st:ed])))
                    st = ed
        return tf.add_n(loss) / b

    return {"reference": reference, "candidate": candidate,
            "batch": {"z": rng.normal(size=(b, z)).astype(fx), "x": np.concatenate(cols, 1).astype(fx)},
            "variables": [w, sig]}
