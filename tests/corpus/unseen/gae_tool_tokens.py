"""Multi-turn PPO: GAE treats masked tool/observation tokens as transitions, so the carry decays across them and their
deltas leak in. Source: https://github.com/radixark/miles/pull/1827"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {"equivalent": False, "cause": "other",
            "line_marker": "carry = delta + gamma * lambd * carry", "same_forward_value": False}


def build(seed=0):
    rng = np.random.default_rng(seed)
    fx = keras.config.floatx()
    B, L, h, V, gamma, lambd = 3, 7, 4, 5, 0.95, 0.9
    head = tf.Variable(rng.normal(size=(h, V)).astype(fx), name="lm_head")

    def reference(batch):
        total, count = 0.0, 0
        for i in range(B):
            keep = [j for j in range(L) if batch["loss_mask"].numpy()[i, j] > 0]
            rew = batch["rewards"].numpy()[i, keep]
            val = batch["values"].numpy()[i, keep]
            adv = np.zeros(len(keep))
            last = 0.0
            for k in range(len(keep) - 1, -1, -1):
                v_next = val[k + 1] if k + 1 < len(keep) else 0.0
                last = rew[k] + gamma * v_next - val[k] + gamma * lambd * last
                adv[k] = last
            logp = tf.nn.log_softmax(batch["hidden"][i] @ head)
            for k, j in enumerate(keep):
                ratio = tf.exp(logp[j, batch["tokens"].numpy()[i, j]] - batch["old_logp"][i, j])
                total = total - ratio * float(adv[k])
                count += 1
        return total / count

    def candidate(batch):
        mask = batch["loss_mask"]
        rewards, values = batch["rewards"] * mask, batch["values"] * mask
        carry = tf.zeros([B], rewards.dtype)
        next_value = tf.zeros([B], rewards.dtype)
        columns = []
        for t in reversed(range(L)):
            delta = rewards[:, t] + gamma * next_value - values[:, t]
            carry = delta + gamma * lambd * carry
            next_value = tf.where(mask[:, t] > 0, values[:, t], next_value)
            columns.append(carry)
        adv = tf.stack(columns[::-1], axis=1)
        logp = tf.nn.log_softmax(tf.einsum("blh,hv->blv", batch["hidden"], head), axis=-1)
        logp = tf.gather(logp, batch["tokens"], batch_dims=2)
        ratio = tf.exp(logp - batch["old_logp"])
        return -tf.reduce_sum(ratio * tf.stop_gradient(adv) * mask) / tf.reduce_sum(mask)

    mask = np.array([[1, 1, 0, 0, 1, 1, 0], [1, 0, 0, 1, 1, 1, 1], [1, 1, 1, 0, 0, 1, 1]])
    return {"reference": reference, "candidate": candidate,
            "batch": {"hidden": rng.normal(size=(B, L, h)).astype(fx), "tokens": rng.integers(0, V, (B, L)),
                      "old_logp": (-1.6 + 0.2 * rng.normal(size=(B, L))).astype(fx),
                      "rewards": rng.normal(size=(B, L)).astype(fx), "values": rng.normal(size=(B, L)).astype(fx),
                      "loss_mask": mask.astype(fx)},
            "variables": [head]}
