"""Policy loss with a squared log-ratio as KL penalty: the penalty sits inside the coefficient that is detached before it
multiplies the log-probability, so its own gradient is lost.
Source: https://github.com/PrimeIntellect-ai/prime-rl/pull/1697"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "stop_gradient",
    "line_marker": "coeff = ratio * advantages[:, None] - kl_tau * tf.square(log_ratio)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, t, d, vocab = 12, 6, 5, 8
    lm = keras.layers.Dense(vocab, name="lm_head")
    lm.build((None, t, d))
    kl_tau = 0.7

    def reference(batch):
        logp_all = tf.nn.log_softmax(lm(batch["hidden"]))
        total, count = 0.0, 0.0
        for i in range(n):
            lp = tf.gather(logp_all[i], batch["tokens"][i], axis=1, batch_dims=1)
            lr = lp - batch["old_logprobs"][i]
            w = tf.stop_gradient(tf.exp(lr)) * batch["advantages"][i]
            per_token = -w * lp + kl_tau * lr ** 2
            total += tf.tensordot(per_token, batch["loss_mask"][i], 1)
            count += tf.reduce_sum(batch["loss_mask"][i])
        return total / count

    def candidate(batch):
        tokens, mask, advantages = batch["tokens"], batch["loss_mask"], batch["advantages"]
        logits = lm(batch["hidden"])
        trainer_logprobs = -tf.nn.sparse_softmax_cross_entropy_with_logits(labels=tokens, logits=logits)
        log_ratio = trainer_logprobs - batch["old_logprobs"]
        ratio = tf.exp(log_ratio)
        coeff = ratio * advantages[:, None] - kl_tau * tf.square(log_ratio)
        loss = -tf.stop_gradient(coeff) * trainer_logprobs
        loss = tf.reduce_sum(tf.where(mask > 0, loss, tf.zeros_like(loss)))
        return loss / tf.reduce_sum(mask)

    length = rng.integers(2, t + 1, n)
    return {
        "reference": reference,
        "candidate": candidate,
        "batch": {
            "hidden": rng.standard_normal((n, t, d)).astype(f),
            "tokens": rng.integers(0, vocab, (n, t)).astype("int32"),
            "old_logprobs": (-np.log(vocab) + 0.4 * rng.standard_normal((n, t))).astype(f),
            "advantages": rng.standard_normal(n).astype(f),
            "loss_mask": (np.arange(t)[None] < length[:, None]).astype(f),
        },
        "variables": lm.trainable_variables,
    }
