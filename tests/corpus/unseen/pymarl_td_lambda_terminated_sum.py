"""TD(lambda) targets: the bootstrap of the last step is multiplied by 1 - sum(terminated) over the whole episode.

Source (real): https://github.com/oxwhirl/pymarl/issues/109 (PyTorch, ported; reported as a bug; answer: "every episodes are
terminated before training, so there is no problem").
Right answer: EQUIVALENT as long as every episode of the batch ends once, which holds for the replay of PyMARL.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, T, d, gamma, td_lambda = 13, 6, 5, 0.95, 0.7

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    w1 = tf.Variable(0.6 * arr(d, 4), name="w1")
    w2 = tf.Variable(0.6 * arr(4), name="w2")
    length = rng.integers(2, T + 1, n)
    mask = (np.arange(T)[None] < length[:, None]).astype(f)
    terminated = (np.arange(T)[None] == length[:, None] - 1).astype(f)
    batch = {
        "state": arr(n, T, d),
        "reward": (arr(n, T) * mask).astype(f),
        "terminated": terminated,
        "mask": mask,
        "target_qs": arr(n, T + 1),
    }

    def q_tot(state):
        return tf.linalg.matvec(tf.tanh(tf.tensordot(state, w1, 1)), w2)

    def reference(b):
        total, steps = 0.0, 0
        for i in range(b["state"].shape[0]):
            L = int(tf.reduce_sum(b["mask"][i]))
            ret = b["reward"][i, L - 1]
            rets = [ret]
            for t in range(L - 2, -1, -1):
                ret = b["reward"][i, t] + gamma * ((1 - td_lambda) * b["target_qs"][i, t + 1] + td_lambda * ret)
                rets.append(ret)
            q = q_tot(b["state"][i, :L])
            total += tf.reduce_sum(tf.square(q - tf.stack(rets[::-1])))
            steps += L
        return total / steps

    def candidate(b):
        def build_td_lambda_targets(rewards, terminated, mask, target_qs):
            last = target_qs.shape[1] - 1
            ret = {last: target_qs[:, -1] * (1.0 - tf.reduce_sum(terminated, axis=1))}
            for t in range(last - 1, -1, -1):
                ret[t] = td_lambda * gamma * ret[t + 1] + mask[:, t] * (
                    rewards[:, t] + (1.0 - td_lambda) * gamma * target_qs[:, t + 1] * (1.0 - terminated[:, t])
                )
            return tf.stack([ret[t] for t in range(last)], axis=1)

        targets = build_td_lambda_targets(b["reward"], b["terminated"], b["mask"], b["target_qs"])
        td_error = q_tot(b["state"]) - tf.stop_gradient(targets)
        masked_td_error = td_error * b["mask"]
        return tf.reduce_sum(tf.square(masked_td_error)) / tf.reduce_sum(b["mask"])

    return {"variables": [w1, w2], "batch": batch, "reference": reference, "candidate": candidate}
