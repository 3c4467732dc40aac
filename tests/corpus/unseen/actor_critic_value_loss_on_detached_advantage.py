"""Actor-critic: the critic is regressed with the detached advantage, so it never gets a gradient.

Source (real): https://github.com/jsboige/CoursIA/pull/15256
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "stop_gradient",
    "line_marker": 'value_loss = tf.reduce_mean(tf.square(advantage))',
    "same_forward_value": True,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, t, d, vocab = 8, 6, 5, 9

    def mat(*s):
        return rng.normal(0, 0.6, s).astype("float32")

    emb = tf.Variable(mat(vocab, d), name="embedding")
    head = tf.Variable(mat(d, vocab), name="lm_head")
    critic = tf.Variable(mat(d, 1), name="critic_w")
    critic_b = tf.Variable(mat(1), name="critic_b")
    batch = {"prompt": rng.integers(0, vocab, (n, t)).astype("int32"), "action": rng.integers(0, vocab, n).astype("int32"),
             "reward": mat(n) + 0.5}

    def encode(ids):
        return tf.tanh(tf.reduce_mean(tf.gather(emb, ids), axis=1))

    def reference(b):
        feat = encode(b["prompt"])
        logp = tf.nn.log_softmax(feat @ head)
        value = tf.squeeze(tf.stop_gradient(feat) @ critic + critic_b, -1)
        pg = []
        for i in range(n):
            adv = tf.stop_gradient(b["reward"][i] - value[i])
            pg.append(-adv * logp[i, b["action"][i]])
        entropy = -tf.reduce_sum(tf.exp(logp) * logp, -1)
        return tf.reduce_mean(tf.stack(pg)) + 0.5 * tf.reduce_mean((value - b["reward"]) ** 2) - 0.01 * tf.reduce_mean(entropy)

    def candidate(b):
        feat = encode(b["prompt"])
        log_probs = tf.nn.log_softmax(feat @ head)
        values = tf.reshape(tf.stop_gradient(feat) @ critic + critic_b, [-1])
        advantage = tf.stop_gradient(b["reward"] - values)
        chosen = tf.gather(log_probs, b["action"], batch_dims=1)
        policy_loss = -tf.reduce_mean(advantage * chosen)
        value_loss = tf.reduce_mean(tf.square(advantage))
        entropy = tf.reduce_mean(tf.reduce_sum(-tf.exp(log_probs) * log_probs, axis=1))
        return policy_loss + 0.5 * value_loss - 0.01 * entropy

    return {"variables": [emb, head, critic, critic_b], "batch": batch, "reference": reference, "candidate": candidate}
