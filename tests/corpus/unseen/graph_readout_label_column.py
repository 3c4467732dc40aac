"""Property prediction for materials: labels come as (n, 1) columns, the graph readout is a vector (n,).

Source (real): https://github.com/IntelLabs/matsciml/pull/347 (PyTorch, ported: _compute_losses over the target keys).
Right answer: NOT equivalent; every prediction is compared with every label.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "broadcast",
    "line_marker": "losses[key] = loss_func(predictions[key], target_val)",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, atoms, d, hid = 18, 5, 4, 6
    keys = ["band_gap", "formation_energy"]

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    enc = tf.Variable(0.5 * arr(d, hid), name="node_encoder")
    heads = {k: tf.Variable(0.5 * arr(hid, 1), name=f"head_{k}") for k in keys}
    adj = (rng.random((n, atoms, atoms)) < 0.4).astype(f)
    batch = {"nodes": arr(n, atoms, d), "adj": adj, "band_gap": arr(n, 1), "formation_energy": arr(n, 1) + 1}

    def reference(b):
        m = b["nodes"].shape[0]
        total = 0.0
        for i in range(m):
            x = b["nodes"][i]
            h = tf.nn.silu(x @ enc)
            h += tf.nn.silu(b["adj"][i] @ x @ enc)
            pooled = tf.reduce_sum(h, axis=0, keepdims=True) / atoms
            for key in keys:
                total += (tf.squeeze(pooled @ heads[key]) - b[key][i, 0]) ** 2
        return total / m

    def candidate(b):
        def encoder(nodes, adj):
            messages = tf.matmul(adj, nodes)
            return tf.reduce_mean(tf.nn.silu(nodes @ enc) + tf.nn.silu(messages @ enc), axis=1)

        def loss_func(inp, target):
            return tf.reduce_mean(tf.math.squared_difference(inp, target))

        embedding = encoder(b["nodes"], b["adj"])
        predictions = {key: tf.linalg.matvec(embedding, head[:, 0]) for key, head in heads.items()}
        losses = {}
        for key in keys:
            target_val = b[key]
            losses[key] = loss_func(predictions[key], target_val)
        return tf.add_n(list(losses.values()))

    return {"variables": [enc, *heads.values()], "batch": batch, "reference": reference, "candidate": candidate}
