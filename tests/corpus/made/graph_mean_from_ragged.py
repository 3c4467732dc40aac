"""GraphSAGE mean aggregator: padded neighbour lists turned into ragged rows and one segment mean over all edges.

Origin: realistic (mini-batch graph code with neighbour tables padded by -1). The flat edge tensor no longer has the
batch size, which makes it look as if padding or other nodes leaked in.
Right answer: EQUIVALENT to averaging each node's own valid neighbours.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, k, classes = 20, 4, 5, 3
    w_self = tf.Variable((0.6 * rng.standard_normal((d, classes))).astype(f), name="w_self")
    w_nbr = tf.Variable((0.6 * rng.standard_normal((d, classes))).astype(f), name="w_neighbour")
    bias = tf.Variable((0.2 * rng.standard_normal(classes)).astype(f), name="bias")
    nbr = rng.integers(0, n, (n, k))
    nbr[np.arange(k)[None] >= rng.integers(1, k + 1, n)[:, None]] = -1
    batch = {
        "feat": rng.standard_normal((n, d)).astype(f),
        "nbr": nbr.astype("int32"),
        "label": rng.integers(0, classes, n),
    }

    def reference(b):
        m = b["label"].shape[0]
        total = 0.0
        for i in range(m):
            ids = [int(j) for j in b["nbr"][i] if int(j) >= 0]
            msg = tf.add_n([b["feat"][j : j + 1] @ w_nbr for j in ids]) / len(ids)
            logits = b["feat"][i : i + 1] @ w_self + msg + bias
            total -= tf.nn.log_softmax(logits)[0, b["label"][i]]
        return total / m

    def candidate(b):
        rows = tf.RaggedTensor.from_tensor(b["nbr"], padding=-1)
        messages = tf.gather(tf.matmul(b["feat"], w_nbr), rows.flat_values)
        agg = tf.math.unsorted_segment_mean(messages, rows.value_rowids(), num_segments=rows.nrows())
        logits = tf.nn.bias_add(tf.matmul(b["feat"], w_self) + agg, bias)
        one_hot = tf.one_hot(b["label"], classes, dtype=logits.dtype)
        return -tf.reduce_mean(tf.reduce_sum(one_hot * tf.nn.log_softmax(logits), axis=-1))

    return {"variables": [w_self, w_nbr, bias], "batch": batch, "reference": reference, "candidate": candidate}
