"""PPO/GAE: the bootstrap of step t is cut by terminated[t + 1] instead of terminated[t].

Source (real): https://github.com/anthonytorlucci/rlevo/issues/342
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": 'ended = np.append(b["terminated"][1:], b["terminated"][-1])',
    "same_forward_value": False,
}

GAMMA, LAM, CLIP = 0.99, 0.95, 0.2


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    T, d, a = 16, 3, 2
    f = lambda *s: rng.normal(size=s).astype("float32")
    terminated = np.zeros(T, "float32")
    terminated[[5, 11]] = 1.0
    batch = {
        "obs": f(T, d), "action": f(T, a), "reward": f(T) + 0.5, "terminated": terminated,
        "value": 2.0 * f(T) + 3.0, "old_logp": 0.3 * f(T) - 3.0,
    }
    last_value = np.float32(2.5)
    Wm = tf.Variable(0.4 * f(d, a), name="mean")
    log_std = tf.Variable(0.1 * f(a), name="log_std")
    Wv = tf.Variable(f(d), name="value")

    def log_prob(b):
        z = (b["action"] - tf.matmul(b["obs"], Wm)) * tf.exp(-log_std)
        return tf.reduce_sum(-0.5 * z * z - log_std - 0.5 * np.log(2 * np.pi), axis=1)

    def ppo(b, adv, returns):
        adv = (adv - adv.mean()) / (adv.std() + 1e-8)
        ratio = tf.exp(tf.clip_by_value(log_prob(b) - b["old_logp"], -1.0, 1.0))
        surr = tf.minimum(ratio * adv, tf.clip_by_value(ratio, 1 - CLIP, 1 + CLIP) * adv)
        v = tf.linalg.matvec(b["obs"], Wv)
        return -tf.reduce_mean(surr) + 0.25 * tf.reduce_mean(tf.square(v - returns))

    def reference(b):
        T = len(b["obs"])
        adv, run = np.zeros(T, "float32"), 0.0
        for t in range(T - 1, -1, -1):
            nxt = last_value if t == T - 1 else b["value"][t + 1]
            alive = 1.0 - b["terminated"][t]
            delta = b["reward"][t] + GAMMA * nxt * alive - b["value"][t]
            run = delta + GAMMA * LAM * alive * run
            adv[t] = run
        return ppo(b, adv, adv + b["value"])

    def candidate(b):
        T = len(b["obs"])
        ended = np.append(b["terminated"][1:], b["terminated"][-1])
        alive = 1.0 - ended
        next_value = np.append(b["value"][1:], last_value)
        delta = b["reward"] + GAMMA * next_value * alive - b["value"]
        adv = np.zeros(T, "float32")
        running = 0.0
        for t in reversed(range(T)):
            running = delta[t] + GAMMA * LAM * alive[t] * running
            adv[t] = running
        return ppo(b, adv, adv + b["value"])

    return {"variables": [Wm, log_std, Wv], "batch": batch, "reference": reference, "candidate": candidate}
