"""KerasGRU4Rec: the RNN state of a replaced session is reset only after the step, so a new session's first
item is seen with the old session's state. Source: https://github.com/paxcema/KerasGRU4Rec/issues/1"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": "h = h * (1.0 - batch[\"reset\"][t][:, None])",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    T, B, V, H = 5, 4, 8, 3
    emb = tf.Variable(rng.normal(0, 1, (V, H)).astype(fx), name="emb")
    Wx = tf.Variable(rng.normal(0, 0.8, (H, 3 * H)).astype(fx), name="Wx")
    Wh = tf.Variable(rng.normal(0, 0.8, (H, 3 * H)).astype(fx), name="Wh")
    out = tf.Variable(rng.normal(0, 0.8, (H, V)).astype(fx), name="out")
    reset = np.zeros((T, B))
    reset[2, 1] = reset[3, 0] = reset[1, 3] = reset[3, 2] = 1

    def cell(x, h):
        gx, gh = tf.matmul(x, Wx), tf.matmul(h, Wh)
        z = tf.sigmoid(gx[:, :H] + gh[:, :H])
        r = tf.sigmoid(gx[:, H:2 * H] + gh[:, H:2 * H])
        n = tf.tanh(gx[:, 2 * H:] + r * gh[:, 2 * H:])
        return (1.0 - z) * n + z * h

    def reference(batch):
        state = tf.zeros((B, H), dtype=fx)
        total = 0.0
        for t in range(T):
            fresh = batch["reset"][t] > 0.5
            state = tf.where(fresh[:, None], tf.zeros_like(state), state)
            state = cell(tf.gather(emb, batch["feat"][t]), state)
            ce = tf.nn.sparse_softmax_cross_entropy_with_logits(batch["target"][t], tf.matmul(state, out))
            total += tf.reduce_mean(ce)
        return total / T

    def candidate(batch):
        h = tf.zeros((B, H), dtype=fx)
        losses = []
        for t in range(T):
            h = cell(tf.nn.embedding_lookup(emb, batch["feat"][t]), h)
            logits = tf.matmul(h, out)
            losses.append(tf.nn.sparse_softmax_cross_entropy_with_logits(batch["target"][t], logits))
            h = h * (1.0 - batch["reset"][t][:, None])
        return tf.reduce_mean(tf.stack(losses))

    return {"reference": reference, "candidate": candidate,
            "batch": {"feat": rng.integers(0, V, (T, B)).astype("int32"),
                      "target": rng.integers(0, V, (T, B)).astype("int32"), "reset": reset.astype(fx)},
            "variables": [emb, Wx, Wh, out]}
