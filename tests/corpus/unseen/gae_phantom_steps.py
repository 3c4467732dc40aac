"""Advantages are standardised over the phantom bootstrap steps too, which the loss mask leaves out of the loss.
Source: https://github.com/ray-project/ray/pull/63900"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "flat = tf.reshape(module_advantages, [-1])",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, t, d, actions, clip = 4, 5, 4, 3, 0.2
    w = tf.Variable(rng.standard_normal((d, actions)).astype(f), name="w")
    b = tf.Variable((0.1 * rng.standard_normal(actions)).astype(f), name="b")

    def reference(batch):
        keep = tf.where(batch["loss_mask"] > 0)
        adv = tf.gather_nd(batch["advantages"], keep)
        adv = (adv - tf.reduce_mean(adv)) / tf.maximum(1e-4, tf.math.reduce_std(adv))
        logits = tf.gather_nd(batch["obs"], keep) @ w + b
        ce = tf.nn.sparse_softmax_cross_entropy_with_logits(tf.gather_nd(batch["actions"], keep), logits)
        ratio = tf.exp(-ce - tf.gather_nd(batch["old_logp"], keep))
        return -tf.reduce_mean(tf.minimum(adv * ratio, adv * tf.clip_by_value(ratio, 1 - clip, 1 + clip)))

    def candidate(batch):
        mask = batch["loss_mask"]

        def possibly_masked_mean(data):
            return tf.reduce_sum(data * mask) / tf.reduce_sum(mask)

        module_advantages = batch["advantages"]
        flat = tf.reshape(module_advantages, [-1])
        mean, std = tf.reduce_mean(flat), tf.math.reduce_std(flat)
        advantages = (module_advantages - mean) / tf.maximum(1e-4, std)

        logits = tf.tensordot(batch["obs"], w, axes=1) + b
        logp = tf.gather(tf.nn.log_softmax(logits), batch["actions"], axis=-1, batch_dims=2)
        logp_ratio = tf.exp(logp - batch["old_logp"])
        surrogate = tf.minimum(
            advantages * logp_ratio,
            advantages * tf.clip_by_value(logp_ratio, 1.0 - clip, 1.0 + clip),
        )
        return possibly_masked_mean(-surrogate)

    adv = rng.standard_normal((n, t))
    mask = np.ones((n, t))
    mask[:, -1] = 0
    mask[1, 2:] = 0
    adv = np.where(mask > 0, adv, 3.0 + rng.standard_normal((n, t)))
    return {"reference": reference, "candidate": candidate,
            "batch": {"obs": rng.standard_normal((n, t, d)).astype(f),
                      "actions": rng.integers(0, actions, (n, t)).astype("int32"),
                      "old_logp": (-1.1 + 0.2 * rng.standard_normal((n, t))).astype(f),
                      "advantages": adv.astype(f), "loss_mask": mask.astype(f)},
            "variables": [w, b]}
