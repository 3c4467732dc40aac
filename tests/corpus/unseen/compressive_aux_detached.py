"""Compressive transformer: the auxiliary reconstruction loss detaches the compressed keys and values too, so the compression is never trained.

Source (real): https://github.com/lucidrains/compressive-transformer-pytorch/issues/5 (PyTorch, ported: map(torch.detach, ...)).
Right answer: NOT equivalent although the value is the same.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "stop_gradient",
    "line_marker": 'q, old_k, old_v, cmem_k, cmem_v = map(tf.stop_gradient, (q, old_k, old_v, cmem_k, cmem_v))',
    "same_forward_value": True,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    n, seq, mem, ratio, d = 13, 4, 6, 2, 3

    wq = tf.Variable(0.7 * arr(d, d), name="to_q")
    wkv = tf.Variable(0.7 * arr(d, 2 * d), name="to_kv")
    compress = tf.Variable(0.6 * arr(ratio * d, d), name="compress_mem")
    out = tf.Variable(0.6 * arr(d, d), name="to_out")
    batch = {"x": arr(n, seq, d), "mem": arr(n, mem, d), "y": arr(n, seq, d)}

    def attend(q, k, v):
        dots = tf.einsum("bid,bjd->bij", q, k) / np.sqrt(d)
        return tf.einsum("bij,bjd->bid", tf.nn.softmax(dots), v)

    def reference(b):
        keys = tf.concat([b["mem"], b["x"]], axis=1) @ wkv
        task = attend(b["x"] @ wq, keys[..., :d], keys[..., d:]) @ out
        loss = tf.reduce_mean((task - b["y"]) ** 2)
        # the query and the old memory are fixed targets, only the compressed side learns
        fixed_q, fixed_kv = tf.stop_gradient(b["x"] @ wq), tf.stop_gradient(b["mem"] @ wkv)
        goal = attend(fixed_q, fixed_kv[..., :d], fixed_kv[..., d:])
        pieces = []
        for s in range(0, mem, ratio):
            block = tf.concat([b["mem"][:, s + r] for r in range(ratio)], axis=-1)
            pieces.append(block @ compress @ wkv)
        small = tf.stack(pieces, axis=1)
        return loss + tf.reduce_mean((attend(fixed_q, small[..., :d], small[..., d:]) - goal) ** 2)

    def candidate(b):
        x, memory = b["x"], b["mem"]
        q = x @ wq
        k, v = tf.split(tf.concat([memory, x], axis=1) @ wkv, 2, axis=-1)
        logits = attend(q, k, v) @ out

        old_mem = tf.stop_gradient(memory)
        compressed_mem = tf.reshape(old_mem, [-1, mem // ratio, ratio * d]) @ compress
        old_k, old_v = tf.split(old_mem @ wkv, 2, axis=-1)
        cmem_k, cmem_v = tf.split(compressed_mem @ wkv, 2, axis=-1)
        q, old_k, old_v, cmem_k, cmem_v = map(tf.stop_gradient, (q, old_k, old_v, cmem_k, cmem_v))
        aux_loss = tf.reduce_mean(tf.square(attend(q, old_k, old_v) - attend(q, cmem_k, cmem_v)))
        return tf.reduce_mean(tf.square(logits - b["y"])) + aux_loss

    return {"variables": [wq, wkv, compress, out], "batch": batch, "reference": reference, "candidate": candidate}
