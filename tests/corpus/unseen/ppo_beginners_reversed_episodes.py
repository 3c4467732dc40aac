"""PPO: the rewards-to-go are computed over episodes in reversed order, which seems to mix up the batch.

Source (real): https://github.com/ericyangyu/PPO-for-Beginners/pull/15 (PyTorch; not merged: insert(0, ...) undoes both reversals).
Right answer: EQUIVALENT.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": True,
    "cause": "none",
    "line_marker": None,
    "same_forward_value": True,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, horizon, d, acts, gamma, clip = 13, 5, 4, 2, 0.95, 0.2

    def arr(*s):
        return rng.standard_normal(s).astype(f)
    actor = tf.Variable(0.5 * arr(d, acts), name="actor_w")
    critic = tf.Variable(0.5 * arr(d, 1), name="critic_w")
    batch = {
        "obs": arr(n, horizon, d), "acts": arr(n, horizon, acts), "rews": arr(n, horizon),
        "log_probs": (-2.5 + 0.3 * arr(n, horizon)), "V": 0.5 * arr(n, horizon),
    }

    def reference(b):
        rtg = np.zeros((n, horizon), f)
        for k in range(horizon):
            rtg[:, k] = sum(gamma ** (j - k) * b["rews"].numpy()[:, j] for j in range(k, horizon))
        adv = rtg - b["V"]
        adv = (adv - tf.reduce_mean(adv)) / (tf.math.reduce_std(adv) + 1e-10)
        log_new = tf.reduce_sum(-(b["acts"] - b["obs"] @ actor) ** 2 - 0.5 * np.log(np.pi), axis=2)
        r = tf.exp(log_new - b["log_probs"])
        per_step = tf.maximum(-r * adv, -tf.clip_by_value(r, 1 - clip, 1 + clip) * adv)
        return tf.reduce_mean(per_step) + tf.reduce_mean(((b["obs"] @ critic)[..., 0] - rtg) ** 2)

    def candidate(b):
        def compute_rtgs(batch_rews):
            batch_rtgs = []
            for ep_rews in reversed(batch_rews):
                discounted_reward = 0
                for rew in reversed(ep_rews):
                    discounted_reward = rew + discounted_reward * gamma
                    batch_rtgs.insert(0, discounted_reward)
            return tf.convert_to_tensor(np.array(batch_rtgs), f)

        batch_obs = tf.reshape(b["obs"], [-1, d])
        batch_acts = tf.reshape(b["acts"], [-1, acts])
        batch_log_probs = tf.reshape(b["log_probs"], [-1])
        batch_rtgs = compute_rtgs(b["rews"].numpy().tolist())
        A_k = batch_rtgs - tf.reshape(b["V"], [-1])
        A_k = (A_k - tf.reduce_mean(A_k)) / (tf.math.reduce_std(A_k) + 1e-10)
        V = tf.squeeze(batch_obs @ critic, axis=-1)
        mean = batch_obs @ actor
        curr_log_probs = -tf.reduce_sum(tf.square(batch_acts - mean), axis=-1) / (2 * 0.5) - 0.5 * acts * np.log(np.pi)
        ratios = tf.exp(curr_log_probs - batch_log_probs)
        surr1 = ratios * A_k
        surr2 = tf.clip_by_value(ratios, 1 - clip, 1 + clip) * A_k
        actor_loss = -tf.reduce_mean(tf.minimum(surr1, surr2))
        return actor_loss + tf.reduce_mean(tf.square(V - batch_rtgs))

    return {"variables": [actor, critic], "batch": batch, "reference": reference, "candidate": candidate}
