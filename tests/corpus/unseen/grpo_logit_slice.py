"""GRPO: only the last logit is dropped from prompt + completion; the completion ids are then looked up in the logits of the first (prompt) positions.
Source: https://github.com/huggingface/trl/issues/3681"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": 'index',
    "line_marker": 'logits = logits[:, :-1, :]',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, prompt, keep, dim, vocab, beta = 12, 5, 4, 6, 8, 0.1
    embed, head = keras.layers.Embedding(vocab, dim, embeddings_initializer="glorot_normal"), keras.layers.Dense(vocab)
    embed.build((None, prompt + keep)), head.build((None, prompt + keep, dim))
    lens = rng.integers(1, keep + 1, n)
    batch = {
        "ids": rng.integers(0, vocab, (n, prompt + keep)),
        "mask": (np.arange(keep)[None] < lens[:, None]).astype(f),
        "ref": (-np.log(vocab) + 0.3 * rng.standard_normal((n, keep))).astype(f),
        "adv": rng.standard_normal(n).astype(f),
    }

    def model(ids):
        x = tf.cumsum(embed(ids), axis=1)
        return head(tf.tanh(x))

    def reference(b):
        out = model(b["ids"])[:, prompt - 1:prompt - 1 + keep]
        logp = -tf.nn.sparse_softmax_cross_entropy_with_logits(labels=b["ids"][:, prompt:], logits=out)
        d = b["ref"] - logp
        kl = tf.exp(d) - d - 1
        per_token = beta * kl - tf.exp(logp - tf.stop_gradient(logp)) * b["adv"][:, None]
        return tf.reduce_sum(per_token * b["mask"]) / tf.reduce_sum(b["mask"])

    def candidate(b):
        def get_per_token_logps(input_ids, logits_to_keep):
            logits = model(input_ids)
            logits = logits[:, :-1, :]
            completion_ids = input_ids[:, -logits_to_keep:]
            per_token_logps = []
            for t in range(logits_to_keep):
                row = tf.nn.log_softmax(logits[:, t])
                per_token_logps.append(tf.gather(row, completion_ids[:, t], batch_dims=1))
            return tf.stack(per_token_logps, axis=1)

        per_token_logps = get_per_token_logps(b["ids"], keep)
        per_token_kl = keras.ops.exp(b["ref"] - per_token_logps) - (b["ref"] - per_token_logps) - 1
        coef = keras.ops.exp(per_token_logps - keras.ops.stop_gradient(per_token_logps))
        per_token_loss = -(coef * b["adv"][:, None] - beta * per_token_kl)
        return keras.ops.sum(per_token_loss * b["mask"]) / keras.ops.sum(b["mask"])

    return {"reference": reference, "candidate": candidate, "batch": batch,
            "variables": embed.trainable_variables + head.trainable_variables}
