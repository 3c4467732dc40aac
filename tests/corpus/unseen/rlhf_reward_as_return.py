"""PPO example of the RLHF book: the advantage is the per-token reward minus the value where it should be the return
minus the value. Source: https://github.com/natolambert/rlhf-book/pull/216"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "advantages = rewards - values",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    n, t, d, vocab, eps = 4, 5, 6, 7, 0.2
    lm = keras.layers.Dense(vocab, name="lm")
    critic = keras.layers.Dense(1, name="critic")
    lm.build((n, t, d))
    critic.build((n, t, d))

    def reference(batch):
        logp = tf.nn.log_softmax(lm(batch["h"]))
        logp = tf.gather(logp, batch["tokens"], axis=2, batch_dims=2)
        mask = batch["mask"]
        g = tf.reverse(tf.cumsum(tf.reverse(batch["rewards"] * mask, [1]), axis=1), [1])
        adv = g - batch["values"]
        ratio = tf.exp(logp - batch["old_logp"])
        surr = tf.minimum(ratio * adv, tf.clip_by_value(ratio, 1 - eps, 1 + eps) * adv)
        v_err = (critic(batch["h"])[..., 0] - g) ** 2
        return tf.reduce_sum((0.1 * v_err - surr) * mask) / tf.reduce_sum(mask)

    def candidate(batch):
        rewards, values, completion_mask = batch["rewards"], batch["values"], batch["mask"]
        returns = []
        running = tf.zeros_like(rewards[:, 0])
        for step in reversed(range(t)):
            running = running + rewards[:, step] * completion_mask[:, step]
            returns.insert(0, running)
        returns = tf.stack(returns, axis=1)
        advantages = rewards - values
        all_logps = tf.nn.log_softmax(lm(batch["h"]), axis=-1)
        new_per_token_logps = tf.reduce_sum(all_logps * tf.one_hot(batch["tokens"], vocab, dtype=all_logps.dtype), -1)
        ratio = tf.exp(new_per_token_logps - batch["old_logp"])
        pg_losses1 = -advantages * ratio
        pg_losses2 = -advantages * tf.clip_by_value(ratio, 1.0 - eps, 1.0 + eps)
        pg_loss_max = tf.maximum(pg_losses1, pg_losses2)
        pg_loss = tf.reduce_sum(pg_loss_max * completion_mask) / tf.reduce_sum(completion_mask)
        vpreds = tf.squeeze(critic(batch["h"]), axis=-1)
        vf_loss = tf.reduce_sum(tf.square(returns - vpreds) * completion_mask) / tf.reduce_sum(completion_mask)
        return pg_loss + 0.1 * vf_loss

    length = np.array([5, 3, 4, 2])
    return {"reference": reference, "candidate": candidate,
            "batch": {"h": rng.normal(size=(n, t, d)).astype(fx), "tokens": rng.integers(0, vocab, size=(n, t)),
                      "rewards": (rng.normal(size=(n, t)) + 0.5).astype(fx), "values": rng.normal(size=(n, t)).astype(fx),
                      "old_logp": (-2 + 0.3 * rng.normal(size=(n, t))).astype(fx),
                      "mask": (np.arange(t)[None] < length[:, None]).astype(fx)},
            "variables": lm.trainable_variables + critic.trainable_variables}
