"""Transducer loss with reduction none: stored gradients [B, T, U, V] are multiplied by grad_output [B], which lines up with V.
Source: https://github.com/HawkAaron/warp-transducer/issues/23"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "broadcast",
    "line_marker": 'return grads * grad_output',
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    batch_size, frames, labels_len, vocab, d = 6, 5, 2, 6, 4
    encoded = rng.normal(size=(batch_size, frames, d)).astype("float32")
    predicted = rng.normal(size=(batch_size, labels_len + 1, d)).astype("float32")
    targets = rng.integers(1, vocab, size=(batch_size, labels_len)).astype("int32")
    frame_len = rng.integers(3, frames + 1, size=(batch_size,)).astype("int32")
    label_len = rng.integers(1, labels_len + 1, size=(batch_size,)).astype("int32")
    confidence = rng.uniform(0.1, 2.0, size=(batch_size,)).astype("float32")

    w_enc = tf.Variable(rng.normal(size=(d, 8)).astype("float32"))
    w_pred = tf.Variable(rng.normal(size=(d, 8)).astype("float32"))
    w_out = tf.Variable(rng.normal(size=(8, vocab)).astype("float32"))

    def joint(batch):
        h = (batch["encoded"] @ w_enc)[:, :, None] + (batch["predicted"] @ w_pred)[:, None]
        return tf.tanh(h) @ w_out

    def reference(batch):
        logp = tf.nn.log_softmax(joint(batch))
        total = 0.0
        for b in range(batch_size):
            t_end, u_end = int(batch["frame_len"][b]) - 1, int(batch["label_len"][b])
            # cost to go, from the last node of the lattice back to the first one
            togo = {(t_end, u_end): logp[b, t_end, u_end, 0]}
            for t in range(t_end, -1, -1):
                for u in range(u_end, -1, -1):
                    ways = []
                    if t < t_end:
                        ways.append(logp[b, t, u, 0] + togo[t + 1, u])
                    if u < u_end:
                        ways.append(logp[b, t, u, int(batch["targets"][b, u])] + togo[t, u + 1])
                    if ways:
                        togo[t, u] = tf.reduce_logsumexp(tf.stack(ways))
            total -= batch["confidence"][b] * togo[0, 0]
        return total / batch_size

    def forward_costs(acts, labels, act_lens, label_lens):
        log_probs = tf.nn.log_softmax(acts, axis=-1)
        blank = log_probs[..., 0]
        emit = tf.gather(log_probs[:, :, :-1], tf.repeat(labels[:, None], frames, axis=1), batch_dims=3)
        alpha = [[None] * (labels_len + 1) for _ in range(frames)]
        for t in range(frames):
            for u in range(labels_len + 1):
                terms = []
                if t > 0:
                    terms.append(alpha[t - 1][u] + blank[:, t - 1, u])
                if u > 0:
                    terms.append(alpha[t][u - 1] + emit[:, t, u - 1])
                alpha[t][u] = tf.reduce_logsumexp(tf.stack(terms), axis=0) if terms else tf.zeros([batch_size])
        lattice = tf.stack([tf.stack(row, axis=1) for row in alpha], axis=1) + blank
        last = tf.stack([tf.range(batch_size), act_lens - 1, label_lens], axis=1)
        return -tf.gather_nd(lattice, last)

    def rnnt_loss(acts, labels, act_lens, label_lens):
        """Costs per utterance; the gradient is computed together with them and kept for the backward pass."""

        @tf.custom_gradient
        def transducer(inputs):
            with tf.GradientTape() as tape:
                tape.watch(inputs)
                costs = forward_costs(inputs, labels, act_lens, label_lens)
            grads = tape.gradient(costs, inputs)

            def backward(grad_output):
                return grads * grad_output

            return costs, backward

        return transducer(acts)

    def candidate(batch):
        costs = rnnt_loss(joint(batch), batch["targets"], batch["frame_len"], batch["label_len"])
        return tf.reduce_mean(batch["confidence"] * costs)

    return {"reference": reference, "candidate": candidate,
            "batch": {"encoded": encoded, "predicted": predicted, "targets": targets, "frame_len": frame_len,
                      "label_len": label_len, "confidence": confidence},
            "variables": [w_enc, w_pred, w_out]}
