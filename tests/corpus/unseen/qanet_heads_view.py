"""The heads are stored head-first and resized straight to (batch, length, -1) without moving the head axis.
Source: https://github.com/hackiey/QAnet-pytorch/issues/2"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": "x = tf.reshape(heads, (batch_size, length, n_heads * value_dim))",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    batch_size, length, d_model, n_heads, value_dim, vocab = 3, 5, 6, 2, 4, 4
    wq, wk, wv = [tf.Variable((0.6 * rng.normal(size=(n_heads, d_model, value_dim))).astype(fx), name=nm)
                  for nm in ("w_qs", "w_ks", "w_vs")]
    wo = keras.layers.Dense(d_model, use_bias=False, name="wo")
    clf = keras.layers.Dense(vocab, name="clf")
    wo.build((None, None, n_heads * value_dim))
    clf.build((None, None, d_model))

    def reference(batch):
        q = tf.einsum("btd,hdk->bhtk", batch["x"], wq)
        k = tf.einsum("btd,hdk->bhtk", batch["x"], wk)
        v = tf.einsum("btd,hdk->bhtk", batch["x"], wv)
        logits = tf.matmul(q, k, transpose_b=True) / value_dim ** 0.5
        logits += (1.0 - batch["mask"][:, None, None, :]) * -1e9
        mixed = tf.transpose(tf.matmul(tf.nn.softmax(logits), v), (0, 2, 1, 3))
        y = batch["x"] + wo(tf.reshape(mixed, (batch_size, length, -1)))
        nll = tf.nn.sparse_softmax_cross_entropy_with_logits(batch["y"], clf(y))
        return tf.reduce_sum(nll * batch["mask"]) / tf.reduce_sum(batch["mask"])

    def candidate(batch):
        heads = []
        for i in range(n_heads):
            qi = tf.tensordot(batch["x"], wq[i], 1)
            ki = tf.tensordot(batch["x"], wk[i], 1)
            vi = tf.tensordot(batch["x"], wv[i], 1)
            scores = tf.einsum("bik,bjk->bij", qi, ki) / np.sqrt(value_dim)
            scores = tf.where(batch["mask"][:, None, :] > 0, scores, tf.cast(-1e9, scores.dtype))
            heads.append(tf.matmul(tf.nn.softmax(scores, axis=-1), vi))
        heads = tf.stack(heads, axis=0)
        x = tf.reshape(heads, (batch_size, length, n_heads * value_dim))
        x = wo(x) + batch["x"]
        log_p = tf.nn.log_softmax(clf(x), axis=-1)
        picked = tf.gather(log_p, batch["y"], batch_dims=2)
        return -tf.reduce_sum(picked * batch["mask"]) / tf.reduce_sum(batch["mask"])

    mask = np.ones((batch_size, length))
    mask[1, 3:] = 0
    return {"reference": reference, "candidate": candidate,
            "batch": {"x": rng.normal(size=(batch_size, length, d_model)).astype(fx), "mask": mask.astype(fx),
                      "y": rng.integers(0, vocab, (batch_size, length)).astype("int32")},
            "variables": [wq, wk, wv] + wo.trainable_variables + clf.trainable_variables}
