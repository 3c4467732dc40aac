"""Right: the other agents' discrete actions are not detached; one-hot of an argmax cuts their gradient anyway.

Source (real): https://github.com/shariqiqbal2810/maddpg-pytorch/issues/11
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": True,
    "cause": "none",
    "line_marker": None,
    "same_forward_value": True,
}

AGENTS, ME, TAU = 3, 1, 1.0


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, d, k = 10, 4, 3
    f = lambda *s: rng.normal(size=s).astype("float32")
    u = rng.uniform(0.02, 0.98, (n, k))
    batch = {"obs": f(n, AGENTS, d), "gumbel": (-np.log(-np.log(u))).astype("float32")}
    policies = [tf.Variable(0.7 * f(d, k), name=f"policy{i}") for i in range(AGENTS)]
    C1 = tf.Variable(0.5 * f(AGENTS * (d + k), 10), name="critic1")
    C2 = tf.Variable(0.7 * f(10, 1), name="critic2")

    def onehot_from_logits(logits):
        best = tf.reduce_max(logits, axis=1, keepdims=True)
        return tf.cast(logits == best, tf.float32)

    def gumbel_softmax_hard(logits, g):
        y = tf.nn.softmax((logits + g) / TAU)
        hard = tf.one_hot(tf.argmax(y, axis=1), logits.shape[1])
        return tf.stop_gradient(hard - y) + y

    def critic(obs, acts):
        x = tf.concat([tf.reshape(obs, (-1, AGENTS * obs.shape[2]))] + acts, axis=1)
        return tf.matmul(tf.nn.relu(tf.matmul(x, C1)), C2)[:, 0]

    def reference(b):
        logits = [tf.matmul(b["obs"][:, j], policies[j]) for j in range(AGENTS)]
        acts = []
        for j in range(AGENTS):
            if j == ME:
                acts.append(gumbel_softmax_hard(logits[j], b["gumbel"]))
            else:
                acts.append(tf.stop_gradient(tf.one_hot(tf.argmax(logits[j], axis=1), k)))
        return -tf.reduce_mean(critic(b["obs"], acts)) + 1e-2 * tf.reduce_mean(logits[ME] ** 2)

    def candidate(b):
        curr_pol_out = tf.matmul(b["obs"][:, ME], policies[ME])
        curr_pol_vf_in = gumbel_softmax_hard(curr_pol_out, b["gumbel"])
        all_pol_acs = []
        for i, pi in enumerate(policies):
            if i == ME:
                all_pol_acs.append(curr_pol_vf_in)
            else:
                all_pol_acs.append(onehot_from_logits(tf.matmul(b["obs"][:, i], pi)))
        pol_loss = -tf.reduce_mean(critic(b["obs"], all_pol_acs))
        pol_loss += tf.reduce_mean(tf.square(curr_pol_out)) * 1e-2
        return pol_loss

    return {"variables": policies + [C1, C2], "batch": batch, "reference": reference, "candidate": candidate}
