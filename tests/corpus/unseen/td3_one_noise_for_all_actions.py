"""TD3 target smoothing: the noise has the shape of the first action and is shared by the whole batch.

Source (real): https://github.com/vwxyzjn/cleanrl/issues/279
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": 'clipped_noise = tf.clip_by_value(b["unit_noise"][0] * POLICY_NOISE, -NOISE_CLIP, NOISE_CLIP)',
    "same_forward_value": False,
}

POLICY_NOISE, NOISE_CLIP, GAMMA, LOW, HIGH = 0.4, 0.8, 0.99, -1.0, 1.0


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, d, a = 10, 4, 2
    f = lambda *s: rng.normal(size=s).astype("float32")
    batch = {
        "obs": f(n, d), "next_obs": f(n, d), "action": np.tanh(f(n, a)), "reward": f(n),
        "done": (rng.uniform(size=n) < 0.1).astype("float32"), "unit_noise": f(n, a),
    }
    nets = []
    for i in (1, 2):
        nets.append([tf.Variable(0.6 * f(d + a, 8), name=f"q{i}_1"), tf.Variable(0.8 * f(8, 1), name=f"q{i}_2")])
    targets = [[tf.constant(v.numpy() + 0.2 * f(*v.shape)) for v in net] for net in nets]
    t_actor = tf.constant(0.4 * f(d, a))

    def q(obs, act, w):
        return tf.matmul(tf.nn.relu(tf.matmul(tf.concat([obs, act], 1), w[0])), w[1])[:, 0]

    def critic_loss(b, next_action):
        nq = tf.minimum(q(b["next_obs"], next_action, targets[0]), q(b["next_obs"], next_action, targets[1]))
        y = tf.stop_gradient(b["reward"] + (1.0 - b["done"]) * GAMMA * nq)
        return sum(tf.reduce_mean(tf.square(q(b["obs"], b["action"], w) - y)) for w in nets)

    def reference(b):
        n = len(b["obs"])
        rows = []
        for i in range(n):
            noise = tf.clip_by_value(POLICY_NOISE * b["unit_noise"][i], -NOISE_CLIP, NOISE_CLIP)
            mu = tf.tanh(tf.linalg.matvec(tf.transpose(t_actor), b["next_obs"][i]))
            rows.append(tf.clip_by_value(mu + noise, LOW, HIGH))
        return critic_loss(b, tf.stack(rows))

    def candidate(b):
        clipped_noise = tf.clip_by_value(b["unit_noise"][0] * POLICY_NOISE, -NOISE_CLIP, NOISE_CLIP)
        next_state_actions = tf.tanh(tf.matmul(b["next_obs"], t_actor)) + clipped_noise
        next_state_actions = tf.clip_by_value(next_state_actions, LOW, HIGH)
        return critic_loss(b, next_state_actions)

    return {"variables": nets[0] + nets[1], "batch": batch, "reference": reference, "candidate": candidate}
