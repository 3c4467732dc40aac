"""With mask_truncated_completions the truncated tokens leave the numerator but stay in num_items_in_batch, diluting DAPO.
Source: https://github.com/huggingface/trl/pull/6439"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "num_items_in_batch = tf.reduce_sum(batch[\"completion_mask\"])",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    b, t, v, d = 5, 6, 7, 4
    emb = tf.Variable(rng.normal(size=(v, d)).astype(fx), name="emb")
    out = tf.Variable(rng.normal(size=(d, v)).astype(fx), name="lm_head")

    def per_token_logps(batch):
        lp = tf.nn.log_softmax(tf.gather(emb, batch["context"]) @ out, axis=-1)
        return tf.gather(lp, batch["completion"], axis=-1, batch_dims=2)

    def reference(batch):
        finished = 1.0 - batch["truncated"]
        mask = batch["completion_mask"] * finished[:, None]
        lp = per_token_logps(batch)
        ratio = tf.exp(lp - tf.stop_gradient(lp))
        weighted = -ratio * batch["advantage"][:, None] * mask
        return tf.reduce_sum(weighted) / tf.maximum(tf.reduce_sum(mask), 1.0)

    def candidate(batch):
        num_items_in_batch = tf.reduce_sum(batch["completion_mask"])
        completion_mask = tf.where(batch["truncated"][:, None] > 0.5,
                                   tf.zeros_like(batch["completion_mask"]), batch["completion_mask"])
        logps = per_token_logps(batch)
        old_logps = tf.stop_gradient(logps)
        coef_1 = tf.exp(logps - old_logps)
        coef_2 = tf.clip_by_value(coef_1, 0.8, 1.28)
        adv = batch["advantage"][:, None]
        per_token_loss = -tf.minimum(coef_1 * adv, coef_2 * adv)
        return tf.reduce_sum(per_token_loss * completion_mask) / num_items_in_batch

    lens = np.array([6, 3, 6, 2, 5])
    return {"reference": reference, "candidate": candidate,
            "batch": {"context": rng.integers(0, v, (b, t)).astype("int32"),
                      "completion": rng.integers(0, v, (b, t)).astype("int32"),
                      "completion_mask": (np.arange(t)[None] < lens[:, None]).astype(fx),
                      "truncated": np.array([1, 0, 1, 0, 0]).astype(fx),
                      "advantage": np.array([0.7, -1.1, 0.3, 1.6, -0.8]).astype(fx)},
            "variables": [emb, out]}
