"""The LoRA layer of mlx-vlm scales its update by alpha, where the convention is alpha / rank.
Source: https://github.com/Blaizzy/mlx-vlm/issues/845"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "return y + alpha * lora_update",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    fx = keras.config.floatx()
    keras.utils.set_random_seed(seed)
    n, t, d, vocab, rank, alpha = 3, 5, 6, 8, 4, 2.0
    frozen_emb = rng.normal(size=(vocab, d)).astype(fx)
    frozen_w = [(rng.normal(size=(d, d)) * 0.4).astype(fx) for _ in range(2)]
    frozen_head = (rng.normal(size=(d, vocab)) * 0.5).astype(fx)
    A = [tf.Variable((rng.normal(size=(d, rank)) * 0.4).astype(fx), name=f"A{i}") for i in range(2)]
    B = [tf.Variable((rng.normal(size=(rank, d)) * 0.4).astype(fx), name=f"B{i}") for i in range(2)]

    def completion_loss(h, batch):
        logits = tf.einsum("btd,dv->btv", h, frozen_head)[:, :-1]
        ce = tf.nn.sparse_softmax_cross_entropy_with_logits(batch["ids"][:, 1:], logits)
        m = batch["completion"][:, 1:]
        return tf.reduce_sum(ce * m) / tf.reduce_sum(m)

    def reference(batch):
        h = tf.gather(frozen_emb, batch["ids"])
        for w, a, b in zip(frozen_w, A, B):
            merged = w + (alpha / rank) * tf.matmul(a, b)
            h = h + tf.nn.silu(tf.einsum("btd,de->bte", h, merged))
        return completion_loss(h, batch)

    def candidate(batch):
        def lora_layer(x, weight, lora_a, lora_b):
            y = tf.einsum("btd,de->bte", x, weight)
            lora_update = tf.einsum("btr,re->bte", tf.einsum("btd,dr->btr", x, lora_a), lora_b)
            return y + alpha * lora_update

        h = tf.gather(frozen_emb, batch["ids"])
        for i in range(2):
            h = h + tf.nn.silu(lora_layer(h, frozen_w[i], A[i], B[i]))
        return completion_loss(h, batch)

    completion = np.ones((n, t))
    completion[:, :2] = 0
    return {"reference": reference, "candidate": candidate,
            "batch": {"ids": rng.integers(0, vocab, size=(n, t)).astype("int32"), "completion": completion.astype(fx)},
            "variables": A + B}
