"""AlphaZero policy head ends in a softmax and is then given to CrossEntropyLoss, which takes raw logits.
Source: https://github.com/BentouAI/AlphaZero-Chain-Reaction/issues/2"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "pi = keras.ops.softmax(policy_fc(h), axis=1)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, cells, width = 17, 9, 8
    body, policy_fc, value_fc = (keras.layers.Dense(k, name=s) for k, s in ((width, "body"), (cells, "pi"), (1, "v")))
    body.build((None, cells))
    policy_fc.build((None, width))
    value_fc.build((None, width))

    def reference(batch):
        h = tf.nn.relu(body(batch["board"]))
        logits = policy_fc(h)
        lse = tf.reduce_logsumexp(logits, axis=1, keepdims=True)
        pi_loss = -tf.reduce_sum(batch["visits"] * (logits - lse)) / n
        v = tf.tanh(value_fc(h))[:, 0]
        return pi_loss + tf.reduce_sum((batch["outcome"] - v) ** 2) / n

    def candidate(batch):
        class ResNet:
            def __call__(self, x):
                h = keras.ops.relu(body(x))
                pi = keras.ops.softmax(policy_fc(h), axis=1)
                v = keras.ops.tanh(value_fc(h))
                return pi, v

        def cross_entropy(target, logits):           # nn.CrossEntropyLoss with class probabilities
            return tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(labels=target, logits=logits))

        out_policy, out_value = ResNet()(batch["board"])
        policy_loss = cross_entropy(batch["visits"], out_policy)
        value_loss = keras.losses.MeanSquaredError()(batch["outcome"][:, None], out_value)
        return policy_loss + value_loss

    visits = rng.random((n, cells)) ** 2
    batch = {"board": rng.integers(-1, 2, (n, cells)).astype(f),
             "visits": (visits / visits.sum(1, keepdims=True)).astype(f), "outcome": rng.choice([-1, 1], n).astype(f)}
    return {"reference": reference, "candidate": candidate, "batch": batch,
            "variables": body.trainable_variables + policy_fc.trainable_variables + value_fc.trainable_variables}
