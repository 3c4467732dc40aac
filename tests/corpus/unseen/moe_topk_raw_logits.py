"""With renormalize=False the fused top-k returns the raw router logits as weights; they should be gathered from the softmax over all experts. Source: https://github.com/sgl-project/sglang/pull/35160"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": 'other',
    "line_marker": 'topk_weights, topk_ids = tf.math.top_k(gating_output, k=topk)',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()

    def var(name, *shape, scale=0.5):
        return tf.Variable((scale * rng.standard_normal(shape)).astype(fx), name=name)

    n, d, E, h, K = 6, 4, 4, 3, 2
    gate = var("gate", d, E, scale=1.0)
    up = var("up", E, d, h)
    down = var("down", E, h, d)

    def reference(batch):
        probs = tf.nn.softmax(batch["x"] @ gate)
        cut = tf.sort(probs, direction="DESCENDING")[:, K - 1:K]
        w = tf.where(probs >= cut, probs, tf.zeros_like(probs))
        y = 0.0
        for e in range(E):
            y += w[:, e:e + 1] * (tf.nn.silu(batch["x"] @ up[e]) @ down[e])
        return tf.reduce_mean((batch["x"] + y - batch["target"]) ** 2)

    def candidate(batch):
        def fused_topk(gating_output, topk, renormalize):
            topk_weights, topk_ids = tf.math.top_k(gating_output, k=topk)
            if renormalize:
                topk_weights = tf.nn.softmax(topk_weights, axis=-1)
            return topk_weights, topk_ids

        hidden_states = batch["x"]
        router_logits = tf.matmul(hidden_states, gate)
        weights, ids = fused_topk(router_logits, K, renormalize=False)
        act = tf.nn.silu(tf.einsum("nd,nkdh->nkh", hidden_states, tf.gather(up, ids)))
        out = tf.einsum("nkh,nkhd->nkd", act, tf.gather(down, ids))
        moe = tf.reduce_sum(weights[..., None] * out, axis=1)
        return tf.reduce_mean(tf.math.squared_difference(hidden_states + moe, batch["target"]))

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": rng.standard_normal((n, d)).astype(fx), "target": rng.standard_normal((n, d)).astype(fx)},
            "variables": [gate, up, down]}
