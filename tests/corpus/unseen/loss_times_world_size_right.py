"""Why is RL2's loss multiplied by the world size before the backward pass? Because FSDP averages the gradients; the ranks
hold different numbers of tokens and divide by the total.
Source: https://github.com/ChenmienTan/RL2/issues/11"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}


class Rank:
    def __init__(self, rows, world_size):
        self.rows, self.world_size = rows, world_size

    def minibatch(self, batch):
        return {k: tf.gather(v, self.rows) for k, v in batch.items()}

    def step(self, logps_fn, batch, total_actions):
        mb = self.minibatch(batch)
        loss = -tf.reduce_sum(logps_fn(mb["states"], mb["actions"]) * mb["action_mask"]) / total_actions
        return loss * self.world_size


def fsdp_mean(losses):
    return tf.reduce_mean(tf.stack(losses))


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, s, vocab = 12, 5, 6
    emb = tf.Variable(rng.standard_normal((vocab, 4)).astype(f), name="emb")
    head = tf.Variable(rng.standard_normal((4, vocab)).astype(f), name="head")
    ranks = [Rank(rows, 3) for rows in ([0, 1, 2, 3, 4, 5, 6], [7, 8, 9], [10, 11])]

    def logps(states, actions):
        lp = tf.nn.log_softmax(tf.gather(emb, states) @ head)
        return tf.gather(lp, actions, batch_dims=2)

    def reference(batch):
        nll = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=batch["actions"],
                                                             logits=tf.gather(emb, batch["states"]) @ head)
        return tf.reduce_mean(tf.boolean_mask(nll, batch["action_mask"] > 0))

    def candidate(batch):
        total = tf.reduce_sum(tf.stack([tf.reduce_sum(r.minibatch(batch)["action_mask"]) for r in ranks]))
        return fsdp_mean([r.step(logps, batch, total) for r in ranks])

    return {"reference": reference, "candidate": candidate,
            "batch": {"states": rng.integers(0, vocab, (n, s)).astype("int32"),
                      "actions": rng.integers(0, vocab, (n, s)).astype("int32"),
                      "action_mask": (np.arange(s)[None] < rng.integers(1, s + 1, n)[:, None]).astype(f)},
            "variables": [emb, head]}
