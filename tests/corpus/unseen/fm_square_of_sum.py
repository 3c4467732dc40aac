"""Does square_of_sum minus sum_of_square in the FM layer model the pairwise interactions? It does.
Source: https://github.com/shenweichen/DeepCTR/issues/26"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": True,
    "cause": "none",
    "line_marker": None,
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, fields, k = 5, 4, 3
    emb = tf.Variable((0.6 * rng.standard_normal((fields, 6, k))).astype(f), name="emb")
    lin = tf.Variable((0.5 * rng.standard_normal((fields, 6))).astype(f), name="linear")

    def reference(batch):
        loss = 0.0
        for s in range(n):
            vs = [emb[i, batch["ids"][s, i]] for i in range(fields)]
            score = tf.add_n([lin[i, batch["ids"][s, i]] for i in range(fields)])
            for i in range(fields):
                for j in range(i + 1, fields):
                    score += tf.reduce_sum(vs[i] * vs[j])
            loss += tf.nn.softplus(score) - batch["y"][s] * score
        return loss / n

    def candidate(batch):
        def embed(table):
            columns = [tf.gather(table[i], batch["ids"][:, i]) for i in range(fields)]
            return tf.stack(columns, axis=1)

        linear_logit = tf.reduce_sum(embed(lin), axis=1, keepdims=True)
        concated_embeds_value = embed(emb)
        square_of_sum = tf.square(tf.reduce_sum(concated_embeds_value, axis=1, keepdims=True))
        sum_of_square = tf.reduce_sum(concated_embeds_value * concated_embeds_value, axis=1, keepdims=True)
        cross_term = square_of_sum - sum_of_square
        cross_term = 0.5 * tf.reduce_sum(cross_term, axis=2, keepdims=False)
        logit = linear_logit + cross_term
        bce = tf.nn.sigmoid_cross_entropy_with_logits(labels=batch["y"][:, None], logits=logit)
        return tf.reduce_mean(bce)

    return {"reference": reference, "candidate": candidate,
            "batch": {"ids": rng.integers(0, 6, (n, fields)).astype("int32"),
                      "y": rng.integers(0, 2, n).astype(f)},
            "variables": [emb, lin]}
