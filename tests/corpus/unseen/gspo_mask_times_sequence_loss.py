"""GSPO with loss_type grpo: a (B, 1) sequence loss is broadcast over the completion mask and averaged over the tokens again; believed to be wrong, but the same value for this loss type.
Source: https://github.com/huggingface/trl/issues/3823"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": True,
    "cause": "none",
    "line_marker": None,
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()

    def var(name, *shape, scale=0.5):
        return tf.Variable(rng.normal(0.0, scale, shape).astype(f), name=name)

    def data(*shape):
        return rng.normal(size=shape).astype(f)

    wp = var("policy", 5, 6)

    def per_token_logps(batch):
        logits = tf.einsum("btd,dv->btv", batch["x"], wp)
        return -tf.nn.sparse_softmax_cross_entropy_with_logits(batch["y"], logits)

    def reference(batch):
        lp, total = per_token_logps(batch), 0.0
        for i in range(13):
            m = batch["mask"][i]
            s = tf.exp(tf.reduce_sum((lp[i] - batch["old"][i]) * m) / tf.reduce_sum(m))
            total -= tf.minimum(s * batch["adv"][i], tf.clip_by_value(s, 0.9, 1.1) * batch["adv"][i])
        return total / 13.0

    def candidate(batch):
        def compute_loss(per_token_logps, old, mask, advantages, level="sequence", loss_type="grpo", eps=0.1):
            log_ratio = per_token_logps - old
            if level == "token":
                log_w = log_ratio
            else:
                log_w = tf.expand_dims(tf.reduce_sum(log_ratio * mask, -1) / tf.maximum(tf.reduce_sum(mask, -1), 1.0), -1)
            coef_1 = tf.exp(log_w)
            coef_2 = tf.clip_by_value(coef_1, 1 - eps, 1 + eps)
            per_token_loss = -tf.minimum(coef_1 * advantages[:, None], coef_2 * advantages[:, None])
            if loss_type == "grpo":
                return tf.reduce_mean(tf.reduce_sum(per_token_loss * mask, -1) / tf.maximum(tf.reduce_sum(mask, -1), 1.0))
            return tf.reduce_sum(per_token_loss * mask) / tf.reduce_sum(mask)

        return compute_loss(per_token_logps(batch), batch["old"], batch["mask"], batch["adv"])

    mask = (np.arange(4)[None] < rng.integers(1, 5, 13)[:, None]).astype(f)
    return {"reference": reference, "candidate": candidate, "variables": [wp],
            "batch": {"x": data(13, 4, 5) * np.asarray(0.2, f), "y": rng.integers(0, 6, (13, 4)), "mask": mask, "adv": data(13),
                      "old": (-1.8 + 0.05 * data(13, 4)).astype(f)}}
