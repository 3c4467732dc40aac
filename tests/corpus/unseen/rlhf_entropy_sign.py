"""PPO for a travel agent LLM adds the entropy with a positive sign, so training shrinks it in place of encouraging
exploration. Source: https://github.com/NJUxlj/Travel-Agent-based-on-Qwen2-RLHF/issues/2"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "sign",
    "line_marker": "loss = policy_loss + value_coef * value_loss + entropy_coef * entropy",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    b, t, v, d = 3, 4, 6, 5
    lm = tf.Variable(rng.standard_normal((d, v)).astype(fx), name="lm")
    vh = tf.Variable(rng.standard_normal((d, 1)).astype(fx), name="value")
    value_coef, entropy_coef, eps = 0.5, 0.2, 0.2

    def reference(batch):
        keep = tf.where(batch["mask"] > 0)
        h = tf.gather_nd(batch["hidden"], keep)
        logp = tf.nn.log_softmax(h @ lm)
        lp = tf.gather(logp, tf.gather_nd(batch["actions"], keep), batch_dims=1)
        r = tf.exp(lp - tf.gather_nd(batch["old_logp"], keep))
        a = tf.gather_nd(batch["adv"], keep)
        surrogate = tf.minimum(r * a, tf.clip_by_value(r, 1 - eps, 1 + eps) * a)
        v_err = tf.square((h @ vh)[:, 0] - tf.gather_nd(batch["returns"], keep))
        neg_ent = tf.reduce_sum(tf.exp(logp) * logp, axis=-1)
        return tf.reduce_mean(-surrogate + value_coef * v_err + entropy_coef * neg_ent)

    def candidate(batch):
        mask = batch["mask"]

        def masked_mean(x):
            return tf.reduce_sum(x * mask) / tf.reduce_sum(mask)

        logits = tf.matmul(batch["hidden"], lm)
        values = tf.squeeze(tf.matmul(batch["hidden"], vh), -1)
        log_probs = tf.nn.log_softmax(logits, axis=-1)
        new_logp = tf.reduce_sum(log_probs * tf.one_hot(batch["actions"], v, dtype=logits.dtype), axis=-1)
        ratio = tf.exp(new_logp - batch["old_logp"])
        surr1 = ratio * batch["adv"]
        surr2 = tf.clip_by_value(ratio, 1 - eps, 1 + eps) * batch["adv"]
        policy_loss = -masked_mean(tf.minimum(surr1, surr2))
        value_loss = masked_mean(tf.square(values - batch["returns"]))
        entropy = masked_mean(-tf.reduce_sum(tf.nn.softmax(logits) * log_probs, axis=-1))
        loss = policy_loss + value_coef * value_loss + entropy_coef * entropy
        return loss

    hidden = rng.standard_normal((b, t, d))
    act = rng.integers(0, v, (b, t))
    lg = hidden @ lm.numpy()
    lp = lg - np.log(np.exp(lg).sum(-1, keepdims=True))
    old = np.take_along_axis(lp, act[..., None], -1)[..., 0] + rng.uniform(-0.1, 0.1, (b, t))
    mask = np.ones((b, t))
    mask[0, 3:] = 0
    mask[2, 2:] = 0
    return {"reference": reference, "candidate": candidate,
            "batch": {"hidden": hidden.astype(fx), "actions": act.astype("int32"), "old_logp": old.astype(fx),
                      "adv": rng.standard_normal((b, t)).astype(fx),
                      "returns": rng.standard_normal((b, t)).astype(fx), "mask": mask.astype(fx)},
            "variables": [lm, vh]}
