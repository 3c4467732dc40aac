"""PPO phase of an RLHF repository: masked_kl_div gets the new probabilities as the true distribution and the old ones as the
prediction; the thread (and the author) want KL(old || new).
Source: https://github.com/lucidrains/PaLM-rlhf-pytorch/issues/43"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "kl_div_loss = masked_kl_div(action_probs, old_action_probs, action_masks) * kl_div_loss_weight",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, t, d, vocab = 12, 5, 4, 7
    to_logits = keras.layers.Dense(vocab, name="to_logits")
    to_logits.build((None, t, d))
    kl_div_loss_weight, eps_clip = 0.8, 0.2

    def reference(batch):
        logp = tf.nn.log_softmax(to_logits(batch["embeds"]))
        old = batch["old_probs"]
        m = batch["mask"]
        kl = tf.reduce_sum(old * (tf.math.log(old) - logp), axis=-1)
        kl = tf.reduce_mean(tf.reduce_sum(kl * m, 1) / tf.reduce_sum(m, 1))
        picked = tf.gather(logp - tf.math.log(old), batch["tokens"], axis=2, batch_dims=2)
        ratio = tf.exp(tf.reduce_sum(picked * m, 1) / tf.reduce_sum(m, 1))
        surr = tf.minimum(ratio * batch["adv"], tf.clip_by_value(ratio, 1 - eps_clip, 1 + eps_clip) * batch["adv"])
        return kl_div_loss_weight * kl - tf.reduce_mean(surr)

    def candidate(batch):
        def log(x, eps=1e-20):
            return tf.math.log(tf.maximum(x, eps))

        def masked_mean(seq, mask):
            return tf.math.divide_no_nan(tf.reduce_sum(tf.where(mask > 0, seq, tf.zeros_like(seq)), axis=1),
                                         tf.reduce_sum(mask, axis=1))

        def masked_kl_div(prob1, prob2, mask):
            """need to account for variable sequence lengths: sum p1 (log p1 - log p2)"""
            kl_divs = tf.reduce_sum(prob1 * (log(prob1) - log(prob2)), axis=-1)
            return tf.reduce_mean(masked_mean(kl_divs, mask))

        def log_prob(prob, indices):
            return log(tf.reduce_sum(prob * tf.one_hot(indices, vocab, dtype=prob.dtype), axis=-1))

        action_masks, old_action_probs = batch["mask"], batch["old_probs"]
        action_probs = tf.nn.softmax(to_logits(batch["embeds"]))
        ratios = tf.exp(masked_mean(log_prob(action_probs, batch["tokens"]) - log_prob(old_action_probs, batch["tokens"]), action_masks))
        kl_div_loss = masked_kl_div(action_probs, old_action_probs, action_masks) * kl_div_loss_weight
        surr1 = ratios * batch["adv"]
        surr2 = tf.clip_by_value(ratios, 1 - eps_clip, 1 + eps_clip) * batch["adv"]
        policy_loss = -tf.minimum(surr1, surr2)
        return tf.reduce_mean(policy_loss) + kl_div_loss

    old = np.exp(1.2 * rng.standard_normal((n, t, vocab)))
    old /= old.sum(-1, keepdims=True)
    return {
        "reference": reference,
        "candidate": candidate,
        "batch": {
            "embeds": rng.standard_normal((n, t, d)).astype(f),
            "old_probs": old.astype(f),
            "tokens": rng.integers(0, vocab, (n, t)).astype("int32"),
            "mask": (np.arange(t)[None] < rng.integers(2, t + 1, n)[:, None]).astype(f),
            "adv": rng.standard_normal(n).astype(f),
        },
        "variables": to_logits.trainable_variables,
    }
