"""With Transformer-XL memory (more keys than queries) the relative position bias was not shifted by the memory length.
Source: https://github.com/lucidrains/x-transformers/pull/103"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": "q_pos = tf.range(i)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    dt = keras.config.floatx()
    b, heads, seq, mem, dh, max_dist = 3, 2, 4, 3, 3, 8
    d = heads * dh

    def var(name, *shape):
        return tf.Variable(rng.normal(size=shape) * 0.6, dtype=dt, name=name)

    wq, wk, wv, wo = var("wq", d, d), var("wk", d, d), var("wv", d, d), var("wo", d, d)
    bias_table = var("bias_table", max_dist, heads)

    def reference(batch):
        x, memory = batch["x"], batch["mem"]
        kv = tf.concat([memory, x], axis=1)
        table = tf.transpose(bias_table)
        outs = []
        for h in range(heads):
            cols = slice(h * dh, (h + 1) * dh)
            q, k, v = x @ wq[:, cols], kv @ wk[:, cols], kv @ wv[:, cols]
            rows = []
            for t in range(seq):
                last = mem + t
                s = tf.einsum("bd,bjd->bj", q[:, t], k[:, :last + 1]) / np.sqrt(dh)
                dist = [last - j for j in range(last + 1)]
                s += tf.gather(table[h], dist)[None]
                rows.append(tf.einsum("bj,bjd->bd", tf.nn.softmax(s), v[:, :last + 1]))
            outs.append(tf.stack(rows, axis=1))
        y = tf.concat(outs, axis=-1) @ wo
        return tf.reduce_mean((y - batch["y"]) ** 2)

    def candidate(batch):
        def split(z):
            return tf.transpose(tf.reshape(z, [b, -1, heads, dh]), [0, 2, 1, 3])

        def position_bias(i, j):
            q_pos = tf.range(i)
            k_pos = tf.range(j)
            rel = q_pos[:, None] - k_pos[None, :]
            bucket = tf.clip_by_value(rel, 0, max_dist - 1)
            return tf.transpose(tf.gather(bias_table, bucket), [2, 0, 1])

        x = batch["x"]
        context = tf.concat([batch["mem"], x], axis=1)
        q, k, v = split(x @ wq), split(context @ wk), split(context @ wv)
        i, j = q.shape[2], k.shape[2]
        sim = tf.einsum("bhid,bhjd->bhij", q, k) * dh ** -0.5
        sim += position_bias(i, j)
        causal = tf.range(j)[None, :] > tf.range(i)[:, None] + (j - i)
        sim = tf.where(causal, tf.cast(-1e9, sim.dtype), sim)
        out = tf.einsum("bhij,bhjd->bhid", tf.nn.softmax(sim, axis=-1), v)
        out = tf.reshape(tf.transpose(out, [0, 2, 1, 3]), [b, i, d]) @ wo
        return tf.reduce_mean(tf.square(out - batch["y"]))

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": rng.normal(size=(b, seq, d)).astype(dt), "mem": rng.normal(size=(b, mem, d)).astype(dt),
                      "y": rng.normal(size=(b, seq, d)).astype(dt)},
            "variables": [wq, wk, wv, wo, bias_table]}
