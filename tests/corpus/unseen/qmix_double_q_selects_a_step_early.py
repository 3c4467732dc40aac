"""QMIX double Q-learning: the greedy actions come from the live network at t, the target network's values from t+1.

Source (real): https://github.com/ray-project/ray/pull/5731
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": 'greedy = tf.argmax(tf.stop_gradient(live_q[:, :-1]), axis=-1, output_type=tf.int32)',
    "same_forward_value": False,
}

GAMMA = 0.97


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, T, A, d, k, s = 6, 5, 2, 4, 4, 3          # episodes, steps, agents, obs, actions, state
    f = lambda *sh: rng.normal(size=sh).astype("float32")
    length = rng.integers(3, T + 1, n)
    mask = (np.arange(T)[None] < length[:, None]).astype("float32")
    terminated = (np.arange(T)[None] == length[:, None] - 1).astype("float32")
    batch = {
        "obs": f(n, T + 1, A, d), "state": f(n, T + 1, s), "reward": f(n, T),
        "action": rng.integers(0, k, (n, T, A)).astype("int32"), "mask": mask, "terminated": terminated,
    }
    agent = tf.Variable(0.8 * f(d, k), name="agent")
    hyper_w = tf.Variable(0.5 * f(s, A), name="hyper_w")
    hyper_v = tf.Variable(0.5 * f(s, 1), name="hyper_v")
    t_agent = tf.constant(agent.numpy() + 0.4 * f(d, k))
    t_w, t_v = tf.constant(hyper_w.numpy()), tf.constant(hyper_v.numpy())

    def mac(obs, w):
        return tf.tensordot(obs, w, 1)

    def mixer(qs, state, w, v):
        weight = tf.abs(tf.tensordot(state, w, 1)) + 0.1
        return tf.reduce_sum(weight * qs, -1) + tf.tensordot(state, v, 1)[..., 0]

    def td_loss(b, q_tot, target_q_tot):
        y = b["reward"] + GAMMA * (1.0 - b["terminated"]) * target_q_tot
        err = b["mask"] * (q_tot - tf.stop_gradient(y))
        return tf.reduce_sum(tf.square(err)) / tf.reduce_sum(b["mask"])

    def chosen(b, q):
        return mixer(tf.gather(q[:, :-1], b["action"], batch_dims=3), b["state"][:, :-1], hyper_w, hyper_v)

    def reference(b):
        live, tgt = mac(b["obs"], agent), mac(b["obs"], t_agent)
        cols = []
        for t in range(T):
            a = tf.argmax(live[:, t + 1], axis=-1, output_type=tf.int32)
            cols.append(mixer(tf.gather(tgt[:, t + 1], a, batch_dims=2), b["state"][:, t + 1], t_w, t_v))
        return td_loss(b, chosen(b, live), tf.stack(cols, axis=1))

    def candidate(b):
        live_q = mac(b["obs"], agent)
        target_q = mac(b["obs"], t_agent)[:, 1:]
        greedy = tf.argmax(tf.stop_gradient(live_q[:, :-1]), axis=-1, output_type=tf.int32)
        target_max = tf.gather(target_q, greedy, batch_dims=3)
        target_tot = mixer(target_max, b["state"][:, 1:], t_w, t_v)
        return td_loss(b, chosen(b, live_q), target_tot)

    return {"variables": [agent, hyper_w, hyper_v], "batch": batch, "reference": reference, "candidate": candidate}
