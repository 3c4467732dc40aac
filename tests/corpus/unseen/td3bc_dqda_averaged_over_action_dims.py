"""TD3-BC: the deterministic policy gradient is averaged over the action dimensions instead of summed, which shifts its weight against the BC term.

Source (real): https://github.com/google-deepmind/acme/pull/249
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": 'dpg = tf.reduce_mean(dpg_loss(action, dq_da))',
    "same_forward_value": False,
}

BC_ALPHA = 2.5


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, d, a = 12, 5, 3
    f = lambda *s: rng.normal(size=s).astype("float32")
    batch = {"obs": f(n, d), "action": np.tanh(f(n, a))}
    P1 = tf.Variable(0.5 * f(d, 8), name="policy1")
    P2 = tf.Variable(0.5 * f(8, a), name="policy2")
    C1, C2 = tf.constant(0.5 * f(d + a, 10)), tf.constant(f(10, 1))

    def policy(obs):
        return tf.tanh(tf.matmul(tf.nn.relu(tf.matmul(obs, P1)), P2))

    def critic(obs, act):
        return tf.matmul(tf.tanh(tf.matmul(tf.concat([obs, act], 1), C1)), C2)[:, 0]

    def action_gradient(obs, act):
        act = tf.stop_gradient(act)
        with tf.GradientTape() as tape:
            tape.watch(act)
            total = tf.reduce_sum(critic(obs, act))
        return tape.gradient(total, act)

    def bc_term(b, act, dq_da):
        factor = tf.stop_gradient(BC_ALPHA / tf.reduce_mean(tf.abs(dq_da)))
        return tf.reduce_mean(tf.square(act - b["action"])) / factor

    def reference(b):
        n = len(b["obs"])
        act = policy(b["obs"])
        g = action_gradient(b["obs"], act)
        per_sample = [0.5 * tf.reduce_sum(tf.square(tf.stop_gradient(act[i] + g[i]) - act[i])) for i in range(n)]
        return tf.add_n(per_sample) / n + bc_term(b, act, g)

    def dpg_loss(act, dq_da):
        return 0.5 * tf.square(tf.stop_gradient(dq_da + act) - act)

    def candidate(b):
        action = policy(b["obs"])
        dq_da = action_gradient(b["obs"], action)
        dpg = tf.reduce_mean(dpg_loss(action, dq_da))
        return dpg + bc_term(b, action, dq_da)

    return {"variables": [P1, P2], "batch": batch, "reference": reference, "candidate": candidate}
