"""Pointer network for TSP: the visited mask is changed in place, so all steps see the last state of it (a missing clone).
Source: https://github.com/pemami4911/neural-combinatorial-rl-pytorch/issues/5"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {"equivalent": False, "cause": "other",
            "line_marker": "masks.append(mask)", "same_forward_value": False}


def build(seed=0):
    rng = np.random.default_rng(seed)
    fx = keras.config.floatx()
    B, n, h = 3, 5, 4
    emb = tf.Variable(rng.normal(size=(2, h)).astype(fx), name="embedding")
    wq = tf.Variable(rng.normal(size=(h, h)).astype(fx), name="w_query")
    start = tf.Variable(rng.normal(size=(h,)).astype(fx), name="decoder_start")

    def reference(batch):
        tour = batch["tours"].numpy()
        total = 0.0
        for b in range(B):
            nodes = batch["cities"][b] @ emb
            prev, logp = start, 0.0
            for t in range(n - 1):
                free = [c for c in range(n) if c not in tour[b, :t]]
                u = tf.linalg.matvec(tf.gather(nodes, free), tf.linalg.matvec(wq, prev, transpose_a=True))
                logp = logp + tf.nn.log_softmax(u)[free.index(tour[b, t])]
                prev = nodes[tour[b, t]]
            total = total + batch["advantage"][b] * logp
        return total / B

    def candidate(batch):
        nodes = tf.einsum("bnc,ch->bnh", batch["cities"], emb)
        chosen = batch["tours"].numpy()
        mask = np.zeros((B, n), dtype=bool)
        masks = []
        for t in range(n - 1):
            masks.append(mask)
            if t < n - 2:
                mask[np.arange(B), chosen[:, t]] = True
        picked = tf.gather(nodes, batch["tours"], batch_dims=1)
        first = tf.broadcast_to(start, [B, 1, h])
        decoder_in = tf.concat([first, picked[:, : n - 2]], axis=1)
        logits = tf.einsum("bth,hk,bnk->btn", decoder_in, wq, nodes)
        penalty = tf.cast(np.stack(masks, axis=1), logits.dtype) * -60.0
        log_probs = tf.nn.log_softmax(logits + penalty, axis=-1)
        log_probs = tf.gather(log_probs, batch["tours"][:, : n - 1], batch_dims=2)
        reinforce = batch["advantage"] * tf.reduce_sum(log_probs, axis=1)
        return tf.reduce_mean(reinforce)

    return {"reference": reference, "candidate": candidate,
            "batch": {"cities": rng.uniform(size=(B, n, 2)).astype(fx),
                      "tours": np.stack([rng.permutation(n) for _ in range(B)]),
                      "advantage": rng.normal(size=B).astype(fx)},
            "variables": [emb, wq, start]}
