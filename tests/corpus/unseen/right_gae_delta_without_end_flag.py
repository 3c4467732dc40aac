"""Right: delta = r + gamma * v_next - v without (1 - end); the next values were already masked where an episode terminates.

Source (real): https://github.com/thu-ml/tianshou/issues/869
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": True,
    "cause": "none",
    "line_marker": None,
    "same_forward_value": True,
}

GAMMA, LAM = 0.99, 0.95


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    T, d, k = 18, 4, 3
    f = lambda *s: rng.normal(size=s).astype("float32")
    terminated, truncated = np.zeros(T, "float32"), np.zeros(T, "float32")
    terminated[[4, 13]] = 1.0
    truncated[9] = 1.0
    batch = {"obs": f(T, d), "obs_next": f(T, d), "act": rng.integers(0, k, T).astype("int32"), "rew": f(T),
             "terminated": terminated, "truncated": truncated}
    actor = tf.Variable(0.5 * f(d, k), name="actor")
    critic1 = tf.Variable(0.5 * f(d, 6), name="critic1")
    critic2 = tf.Variable(f(6, 1), name="critic2")

    def critic(x):
        return tf.matmul(tf.tanh(tf.matmul(x, critic1)), critic2)[:, 0]

    def a2c(b, adv, returns):
        logp = tf.gather(tf.nn.log_softmax(tf.matmul(b["obs"], actor)), b["act"], batch_dims=1)
        return -tf.reduce_mean(logp * adv) + 0.5 * tf.reduce_mean(tf.square(returns - critic(b["obs"])))

    def reference(b):
        v, v_next = critic(b["obs"]).numpy(), critic(b["obs_next"]).numpy()
        adv, gae = np.zeros(len(v), "float32"), 0.0
        for i in range(len(v) - 1, -1, -1):
            if b["terminated"][i]:
                delta, gae = b["rew"][i] - v[i], 0.0
            else:
                delta = b["rew"][i] + GAMMA * v_next[i] - v[i]
                if b["truncated"][i]:
                    gae = 0.0
            gae = delta + GAMMA * LAM * gae
            adv[i] = gae
        return a2c(b, adv, adv + v)

    def value_mask(b):
        return 1.0 - b["terminated"]

    def candidate(b):
        v_s = tf.stop_gradient(critic(b["obs"]))
        v_s_ = tf.stop_gradient(critic(b["obs_next"])) * value_mask(b)
        end_flag = np.logical_or(b["terminated"], b["truncated"]).astype("float32")
        delta = b["rew"] + v_s_ * GAMMA - v_s
        discount = (1.0 - end_flag) * (GAMMA * LAM)
        gae, returns = 0.0, []
        for i in range(len(end_flag) - 1, -1, -1):
            gae = delta[i] + discount[i] * gae
            returns.append(gae)
        adv = tf.stack(returns[::-1])
        return a2c(b, adv, adv + v_s)

    return {"variables": [actor, critic1, critic2], "batch": batch, "reference": reference, "candidate": candidate}
