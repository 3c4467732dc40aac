"""The model shifts the labels itself and hands them to a loss function that shifts again: position t is trained on token t + 2.

Source (real): https://github.com/huggingface/transformers/issues/47394
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": 'return causal_loss(logits[:, P:-1], b["ids"][:, 1:])',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)

    def var(name, *shape, scale=0.5):
        return tf.Variable((rng.normal(size=shape) * scale).astype("float32"), name=name)

    def arr(*shape, scale=1.0):
        return (rng.normal(size=shape) * scale).astype("float32")

    n, P, T, d, V = 8, 2, 6, 5, 7
    emb, w_img, w_mix, head = var("embedding", V, d), var("w_img", 4, P * d), var("w_mix", d, d), var("head", d, V)
    batch = {"img": arr(n, 4), "ids": rng.integers(0, V, size=(n, T))}

    def decode(b):
        prefix = tf.reshape(b["img"] @ w_img, [n, P, d])
        x = tf.concat([prefix, tf.gather(emb, b["ids"])], axis=1)
        ctx = tf.cumsum(x, axis=1) / tf.range(1.0, P + T + 1.0)[None, :, None]
        return (x + tf.nn.tanh(ctx @ w_mix)) @ head

    def causal_loss(logits, labels):
        logits, labels = logits[:, :-1], labels[:, 1:]
        return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=logits))

    def reference(b):
        logits = decode(b)
        loss = 0.0
        for t in range(T - 1):
            logp = tf.nn.log_softmax(logits[:, P + t])
            loss -= tf.reduce_mean(tf.gather(logp, b["ids"][:, t + 1], batch_dims=1))
        return loss / (T - 1)

    def candidate(b):
        logits = decode(b)
        return causal_loss(logits[:, P:-1], b["ids"][:, 1:])

    return {"variables": [emb, w_img, w_mix, head], "batch": batch, "reference": reference, "candidate": candidate}
