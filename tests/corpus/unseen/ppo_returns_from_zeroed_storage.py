"""returns = storage advantages (still zeros) + values instead of the advantages just computed.

Source (real): https://github.com/vwxyzjn/cleanrl/pull/337
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": 'returns = storage["advantages"] + storage["values"]',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    t, d, k = 14, 5, 3
    wa = tf.Variable((0.5 * rng.normal(size=(d, k))).astype(np.float32), name="actor")
    wc = tf.Variable((0.5 * rng.normal(size=(d, 1))).astype(np.float32), name="critic")
    batch = {"obs": rng.normal(size=(t, d)).astype(np.float32), "actions": rng.integers(0, k, t).astype(np.int32),
             "logprobs": np.log(rng.uniform(0.2, 0.5, t)).astype(np.float32),
             "values": rng.normal(size=t).astype(np.float32), "rewards": rng.normal(1, 1, t).astype(np.float32),
             "dones": (rng.random(t) < 0.2).astype(np.float32)}
    gamma, lam, eps = 0.99, 0.95, 0.2

    def compute_adv(b):
        nextvals = tf.concat([b["values"][1:], [0.0]], 0)
        delta = b["rewards"] + gamma * nextvals * (1 - b["dones"]) - b["values"]
        adv, last = [], 0.0
        for i in range(t - 1, -1, -1):
            last = delta[i] + gamma * lam * (1 - b["dones"][i]) * last
            adv.insert(0, last)
        return tf.stack(adv)

    def ppo(b, adv, returns):
        logp = tf.gather(tf.nn.log_softmax(tf.matmul(b["obs"], wa)), b["actions"], batch_dims=1)
        ratio = tf.exp(logp - b["logprobs"])
        norm = (adv - tf.reduce_mean(adv)) / (tf.math.reduce_std(adv) + 1e-8)
        pg = tf.reduce_mean(tf.maximum(-norm * ratio, -norm * tf.clip_by_value(ratio, 1 - eps, 1 + eps)))
        v_loss = 0.5 * tf.reduce_mean(tf.square(tf.matmul(b["obs"], wc)[:, 0] - returns))
        return pg + 0.5 * v_loss

    def reference(b):
        adv = compute_adv(b)
        returns = adv + b["values"]
        return ppo(b, adv, returns)

    def candidate(b):
        storage = {"values": b["values"], "advantages": tf.zeros_like(b["rewards"])}
        advantages = compute_adv(b)
        returns = storage["advantages"] + storage["values"]
        storage = dict(storage, advantages=advantages, returns=returns)
        return ppo(b, storage["advantages"], storage["returns"])

    return {"variables": [wa, wc], "batch": batch, "reference": reference, "candidate": candidate}
