"""PPO: in the advantage recursion the mask multiplies (pre_advantage - value), so the value is discounted too and lost at terminal steps.

Source (real): https://github.com/AI4Finance-Foundation/ElegantRL/issues/183 (PyTorch, ported; get_reward_sum_gae with the comment
"fix a bug here"; the right recursion is reward + mask * pre_advantage - value).
Right answer: NOT equivalent; only the policy weights feel it.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "adv = b[\"reward\"][i] + b[\"mask\"][i] * (pre_advantage - value[i])",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, acts = 30, 5, 3
    gamma, lambda_gae_adv = 0.97, 0.9

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    act_w = tf.Variable(0.5 * arr(d, acts), name="act_w")
    cri_w = tf.Variable(0.8 * arr(d), name="cri_w")
    batch = {
        "state": arr(n, d),
        "action": rng.integers(0, acts, n),
        "reward": arr(n),
        "mask": (gamma * (rng.random(n) > 0.2)).astype(f),
    }

    def log_prob(b):
        return tf.gather(tf.nn.log_softmax(b["state"] @ act_w), b["action"], batch_dims=1)

    def reference(b):
        v = tf.linalg.matvec(b["state"], cri_w)
        v_next = tf.concat([v[1:], [0.0]], 0)
        m = b["mask"]
        delta = tf.stop_gradient(b["reward"] + m * v_next - v)
        size = len(b["reward"])
        # A_t = sum over k of (product of the masks * lambda between t and k) * delta_k
        rows, returns = [], []
        for t in range(size):
            decay, disc, a, g = 1.0, 1.0, 0.0, 0.0
            for k in range(t, size):
                a, g = a + decay * delta[k], g + disc * b["reward"][k]
                decay, disc = decay * float(m[k]) * lambda_gae_adv, disc * float(m[k])
                if disc == 0.0:
                    break
            rows.append(a)
            returns.append(g)
        policy = -tf.reduce_mean(tf.stack(rows) * log_prob(b))
        return policy + 0.5 * tf.reduce_mean(tf.square(v - tf.stack(returns)))

    def candidate(b):
        value_grad = tf.linalg.matvec(b["state"], cri_w)
        value = tf.stop_gradient(value_grad)
        buf_len = value.shape[0]
        buf_r_sum, buf_advantage = [None] * buf_len, [None] * buf_len
        rest_r_sum, pre_advantage = 0.0, 0.0
        for i in range(buf_len - 1, -1, -1):
            buf_r_sum[i] = b["reward"][i] + b["mask"][i] * rest_r_sum
            rest_r_sum = buf_r_sum[i]
            adv = b["reward"][i] + b["mask"][i] * (pre_advantage - value[i])
            buf_advantage[i] = adv
            pre_advantage = value[i] + adv * lambda_gae_adv
        obj_actor = tf.reduce_mean(tf.stack(buf_advantage) * log_prob(b))
        obj_critic = tf.reduce_mean(tf.math.squared_difference(value_grad, tf.stack(buf_r_sum)))
        return -obj_actor + 0.5 * obj_critic

    return {"variables": [act_w, cri_w], "batch": batch, "reference": reference, "candidate": candidate}
