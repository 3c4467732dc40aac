"""SimpleGRPOLoss: the importance ratio is exp(logp - detached logp), which is always 1; it should compare with the
log-probs of the behaviour policy that generated the tokens.
Source: https://github.com/meta-pytorch/torchforge/pull/571"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "per_token_policy_loss = tf.exp(logprobs - tf.stop_gradient(logprobs)) * advantages",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, steps, feat, vocab, beta = 13, 5, 4, 6, 0.1
    lm = keras.layers.Dense(vocab, name="lm")
    lm.build((None, feat))

    def reference(batch):
        rows = []
        for i in range(n):
            logp = tf.gather(tf.nn.log_softmax(lm(batch["hidden"][i])), batch["token"][i], batch_dims=1)
            d = batch["ref_logprobs"][i] - logp
            weight = tf.exp(logp) / tf.exp(batch["behavior_logprobs"][i])
            loss = -weight * batch["advantages"][i, 0] + beta * (tf.exp(d) - d - 1)
            live = int(tf.reduce_sum(batch["mask"][i]))
            rows.append(tf.reduce_mean(loss[:live]))
        return tf.reduce_mean(tf.stack(rows))

    def candidate(batch):
        class SimpleGRPOLoss:
            def __init__(self, beta):
                self.beta = beta

            def forward(self, logprobs, ref_logprobs, advantages, padding_mask):
                kl = tf.exp(ref_logprobs - logprobs) - (ref_logprobs - logprobs) - 1
                per_token_policy_loss = tf.exp(logprobs - tf.stop_gradient(logprobs)) * advantages
                per_token_loss = -(per_token_policy_loss - self.beta * kl)
                total = tf.reduce_sum(per_token_loss * padding_mask, axis=1)
                return tf.reduce_mean(total / tf.maximum(tf.reduce_sum(padding_mask, axis=1), 1.0))

        def compute_logprobs(hidden, ids):
            logits = tf.tensordot(hidden, lm.kernel, 1) + lm.bias
            return -keras.ops.sparse_categorical_crossentropy(ids, logits, from_logits=True)

        logprobs = compute_logprobs(batch["hidden"], batch["token"])
        return SimpleGRPOLoss(beta).forward(logprobs, batch["ref_logprobs"], batch["advantages"], batch["mask"])

    mask = (np.arange(steps)[None] < rng.integers(2, steps + 1, n)[:, None]).astype(f)
    batch = {"hidden": rng.normal(size=(n, steps, feat)).astype(f), "token": rng.integers(0, vocab, (n, steps)),
             "behavior_logprobs": (-1.8 + 0.5 * rng.normal(size=(n, steps))).astype(f),
             "ref_logprobs": (-1.8 + 0.5 * rng.normal(size=(n, steps))).astype(f),
             "advantages": rng.normal(size=(n, 1)).astype(f), "mask": mask}
    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": lm.trainable_variables}
