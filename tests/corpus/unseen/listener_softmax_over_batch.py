"""Referential game: the listener's log probability is a log_softmax of the best scores, that is, over the batch.

Source (real): https://github.com/Joshua-Ren/Neural_Iterated_Learning/issues/2 (PyTorch, ported: train_phaseB; F.log_softmax of a
vector; the author noticed it too).
Right answer: NOT equivalent to the log probability of the chosen candidate among the candidates of its own sample.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": "lis_log_prob = tf.nn.log_softmax(tf.reduce_max(pred_vector, axis=1))",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, cands, attr, words, vocab, hid = 16, 5, 6, 3, 4, 7

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    obj = tf.Variable(0.5 * arr(attr, hid), name="object_encoder")
    msg_w = tf.Variable(0.5 * arr(words * vocab, hid), name="message_encoder")
    msg = np.eye(vocab)[rng.integers(0, vocab, (n, words))]
    batch = {"candidates": arr(n, cands, attr), "msg": msg.astype(f), "reward": (rng.random(n) < 0.6).astype(f)}

    def reference(b):
        gain, bonus = 0.0, 0.0
        m = b["reward"].shape[0]
        for i in range(m):
            heard = tf.reshape(b["msg"][i], [1, -1]) @ msg_w
            score = tf.matmul(tf.tanh(b["candidates"][i] @ obj), tf.tanh(heard), transpose_b=True)[:, 0]
            prob = tf.exp(score) / tf.reduce_sum(tf.exp(score))
            gain += b["reward"][i] * tf.math.log(tf.reduce_max(prob))
            bonus -= tf.reduce_sum(prob * tf.math.log(prob))
        return -(gain / m + 0.05 * bonus / m)

    def candidate(b):
        @tf.function
        def listener(candidates, msg):
            emb = tf.tanh(candidates @ obj)
            hidden = tf.tanh(tf.reshape(msg, [-1, words * vocab]) @ msg_w)
            return tf.einsum("nch,nh->nc", emb, hidden)

        pred_vector = listener(b["candidates"], b["msg"])
        lis_entropy = -tf.reduce_sum(tf.nn.softmax(pred_vector) * tf.nn.log_softmax(pred_vector), axis=1)
        lis_log_prob = tf.nn.log_softmax(tf.reduce_max(pred_vector, axis=1))
        reward_vector = tf.stop_gradient(b["reward"])
        return -(tf.reduce_mean(reward_vector * lis_log_prob) + 0.05 * tf.reduce_mean(lis_entropy))

    return {"variables": [obj, msg_w], "batch": batch, "reference": reference, "candidate": candidate}
