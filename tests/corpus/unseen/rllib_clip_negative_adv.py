"""PPO: reported that the clip fails for a negative advantage with a large ratio; the minimum is as in the paper.
Source: https://github.com/ray-project/ray/issues/37334"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}


def build(seed=0):
    rng = np.random.default_rng(seed)
    fx = keras.config.floatx()
    B, d, A, clip, vf_clip, coeff = 8, 4, 3, 0.3, 2.0, 0.5
    w = tf.Variable(rng.normal(size=(d, A)).astype(fx), name="policy_w")
    v = tf.Variable(rng.normal(size=(d, 1)).astype(fx), name="vf_w")

    def reference(batch):
        total = 0.0
        for i in range(B):
            lp = tf.nn.log_softmax(tf.tensordot(batch["obs"][i], w, 1))
            r = tf.exp(lp[int(batch["actions"][i])] - batch["action_logp"][i])
            adv = batch["advantages"][i]
            if (adv > 0 and r > 1 + clip) or (adv < 0 and r < 1 - clip):
                gain = adv * (1 + clip if adv > 0 else 1 - clip)
            else:
                gain = adv * r
            err = (tf.tensordot(batch["obs"][i], v, 1)[0] - batch["value_targets"][i]) ** 2
            total += -gain + coeff * (err if err < vf_clip else tf.constant(vf_clip, err.dtype))
        return total / B

    def candidate(batch):
        logits = tf.matmul(batch["obs"], w)
        curr_logp = -tf.nn.sparse_softmax_cross_entropy_with_logits(labels=batch["actions"], logits=logits)
        logp_ratio = tf.exp(curr_logp - batch["action_logp"])
        surrogate_loss = tf.minimum(
            batch["advantages"] * logp_ratio,
            batch["advantages"] * tf.clip_by_value(logp_ratio, 1 - clip, 1 + clip),
        )
        value_fn_out = tf.squeeze(tf.matmul(batch["obs"], v), axis=-1)
        vf_loss = tf.math.square(value_fn_out - batch["value_targets"])
        vf_loss_clipped = tf.clip_by_value(vf_loss, 0, vf_clip)
        return tf.reduce_mean(-surrogate_loss + coeff * vf_loss_clipped)

    o, a = rng.normal(size=(B, d)), rng.integers(0, A, B)
    lg = o @ w.numpy()
    lp = (lg - np.log(np.exp(lg).sum(1, keepdims=True)))[np.arange(B), a]
    return {"reference": reference, "candidate": candidate,
            "batch": {"obs": o.astype(fx), "actions": a,
                      "action_logp": (lp + np.array([-2, 0.6, 0.1, -0.5, 0.5, -0.1, -0.6, 0.05])).astype(fx),
                      "advantages": np.array([-1.5, -1, 1, 1.2, 0.7, -0.8, -0.4, 2]).astype(fx),
                      "value_targets": rng.normal(size=B).astype(fx)},
            "variables": [w, v]}
