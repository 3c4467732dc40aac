"""With more than one graph in the batch the node mask (batch first) lines up with the heads
of the attention scores instead of with the graphs. Source: https://github.com/lucidrains/graph-transformer-pytorch/pull/2"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "broadcast",
    "line_marker": "sim = tf.where(allowed, sim, floor)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()

    def var(name, *shape, scale=0.5):
        return tf.Variable((scale * rng.standard_normal(shape)).astype(fx), name=name)

    b, h, n, d = 4, 4, 5, 6
    wq, wk, wv = var("wq", d, h * d), var("wk", d, h * d), var("wv", d, h * d)
    wo = var("wo", h * d, 1)
    sizes = np.array([5, 3, 4, 2])
    batch = {
        "nodes": rng.standard_normal((b, n, d)).astype(fx),
        "mask": np.arange(n)[None, :] < sizes[:, None],
        "y": rng.standard_normal(b).astype(fx),
    }

    def reference(batch):
        total = 0.0
        for g in range(b):
            x = tf.boolean_mask(batch["nodes"][g], batch["mask"][g])
            outs = []
            for k in range(h):
                cols = slice(k * d, (k + 1) * d)
                q, key, val = x @ wq[:, cols], x @ wk[:, cols], x @ wv[:, cols]
                att = tf.nn.softmax(q @ tf.transpose(key) * d ** -0.5)
                outs.append(att @ val)
            node_out = tf.concat(outs, axis=1) @ wo
            pred = tf.reduce_mean(node_out)
            total += tf.square(pred - batch["y"][g])
        return total / b

    def candidate(batch):
        nodes, mask = batch["nodes"], batch["mask"]

        def heads(t):
            return tf.transpose(tf.reshape(t, (b, n, h, d)), (0, 2, 1, 3))

        q, k, v = heads(nodes @ wq), heads(nodes @ wk), heads(nodes @ wv)
        sim = tf.einsum("bhid,bhjd->bhij", q, k) * d ** -0.5
        allowed = mask[:, :, None] & mask[:, None, :]
        floor = tf.cast(-1e9, sim.dtype)
        sim = tf.where(allowed, sim, floor)
        attn = tf.nn.softmax(sim, axis=-1)
        out = tf.einsum("bhij,bhjd->bhid", attn, v)
        out = tf.reshape(tf.transpose(out, (0, 2, 1, 3)), (b, n, h * d))
        score = (out @ wo)[..., 0]
        m = tf.cast(mask, score.dtype)
        pooled = tf.reduce_sum(score * m, axis=1) / tf.reduce_sum(m, axis=1)
        return tf.reduce_mean(tf.square(pooled - batch["y"]))

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [wq, wk, wv, wo]}
