"""prime-rl: loss_scale counts padded tokens too, since the mask used for counting covers the padding.
Source: https://github.com/PrimeIntellect-ai/prime-rl/pull/674"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "loss_scale = tf.reduce_sum(1.0 - prompt)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    B, T, D, V = 4, 6, 3, 5
    W = tf.Variable(rng.normal(0, 1, (D, V)).astype(fx), name="W")
    b = tf.Variable(rng.normal(0, 0.3, (V,)).astype(fx), name="b")
    plen, tlen = np.array([2, 1, 2, 1]), np.array([6, 4, 5, 3])
    ar = np.arange(T)[None]

    def reference(batch):
        low, high = 0.2, 0.2
        obj, count = 0.0, 0
        for i in range(B):
            lp_all = tf.nn.log_softmax(tf.matmul(batch["hidden"][i], W) + b)
            for t in range(T):
                if float(batch["prompt_mask"][i, t]) > 0 or float(batch["attention_mask"][i, t]) == 0:
                    continue
                r = tf.exp(lp_all[t, int(batch["tokens"][i, t])] - batch["old_logprob"][i, t])
                a = batch["advantage"][i]
                obj += tf.minimum(r * a, tf.clip_by_value(r, 1 - low, 1 + high) * a)
                count += 1
        return -obj / count

    def candidate(batch):
        low, high = 0.2, 0.2
        logits = tf.tensordot(batch["hidden"], W, 1) + b
        logp = -tf.nn.sparse_softmax_cross_entropy_with_logits(batch["tokens"], logits)
        prompt, attn = batch["prompt_mask"], batch["attention_mask"]
        ratio = tf.exp(logp - batch["old_logprob"])
        adv = batch["advantage"][:, None]
        surrogate = tf.minimum(ratio * adv, tf.clip_by_value(ratio, 1 - low, 1 + high) * adv)
        per_token = -surrogate * (1.0 - prompt) * attn
        loss_scale = tf.reduce_sum(1.0 - prompt)
        return tf.reduce_sum(per_token) / loss_scale

    return {"reference": reference, "candidate": candidate,
            "batch": {"hidden": rng.normal(size=(B, T, D)).astype(fx), "tokens": rng.integers(0, V, (B, T)).astype("int32"),
                      "old_logprob": rng.uniform(-2, -0.8, (B, T)).astype(fx), "advantage": rng.normal(size=B).astype(fx),
                      "prompt_mask": (ar < plen[:, None]).astype(fx), "attention_mask": (ar < tlen[:, None]).astype(fx)},
            "variables": [W, b]}
