"""TRL GRPO (dapo): with mask_truncated_completions the truncated completions leave the numerator, but the number of
tokens in the denominator was counted before the mask was applied.
Source: https://github.com/huggingface/trl/issues/6369"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": 'inputs["num_items_in_batch"] = tf.reduce_sum(inputs["completion_mask"])',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, t, d, v = 14, 9, 5, 7
    lm_head = tf.Variable(rng.normal(size=(d, v)).astype(f) * 0.4, name="lm_head")
    lengths = rng.integers(3, t, size=n)
    lengths[:4] = t                                   # these four never reached EOS
    mask = (np.arange(t)[None] < lengths[:, None]).astype(f)
    batch = {
        "hidden": rng.normal(size=(n, t, d)).astype(f),
        "ids": rng.integers(0, v, size=(n, t)).astype("int32"),
        "mask": mask,
        "advantages": rng.normal(size=(n,)).astype(f),
        "truncated": (lengths == t),
    }
    batch["old_logps"] = (-1.9 + 0.3 * rng.normal(size=(n, t))).astype(f)

    def token_logps(hidden, ids):
        return -tf.nn.sparse_softmax_cross_entropy_with_logits(labels=ids, logits=tf.tensordot(hidden, lm_head, 1))

    def reference(batch):
        keep = tf.where(batch["truncated"][:, None], tf.zeros_like(batch["mask"]), batch["mask"])
        rows = tf.where(keep > 0)
        logp = tf.gather_nd(token_logps(batch["hidden"], batch["ids"]), rows)
        ratio = tf.exp(logp - tf.gather_nd(batch["old_logps"], rows))
        adv = tf.gather(batch["advantages"], rows[:, 0])
        return -tf.reduce_mean(tf.minimum(ratio * adv, tf.clip_by_value(ratio, 0.8, 1.28) * adv))

    def compute_loss(inputs):
        logps = token_logps(inputs["hidden"], inputs["ids"])
        coef_1 = tf.exp(logps - inputs["old_logps"])
        coef_2 = tf.clip_by_value(coef_1, 0.8, 1.28)
        a = tf.expand_dims(inputs["advantages"], 1)
        per_token_loss = -tf.minimum(coef_1 * a, coef_2 * a)
        return tf.reduce_sum(per_token_loss * inputs["completion_mask"]) / inputs["num_items_in_batch"]

    def candidate(batch):
        def generate_and_score():
            inputs = dict(batch)
            inputs["completion_mask"] = batch["mask"]
            inputs["num_items_in_batch"] = tf.reduce_sum(inputs["completion_mask"])
            drop = tf.cast(batch["truncated"], f)[:, tf.newaxis]
            inputs["completion_mask"] = inputs["completion_mask"] * (1.0 - drop)
            return inputs

        return compute_loss(generate_and_score())

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [lm_head]}
