"""DPO: the masked log-probs of each answer are divided by its length, so that short answers weigh more; DPO takes sums.
Source: https://github.com/jingyaogong/minimind/issues/659"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "return tf.reduce_sum(log_probs * mask, axis=1) / tf.squeeze(seq_lengths, axis=1)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, steps, feat, vocab, beta = 16, 6, 5, 7, 0.3      # rows 0..7 chosen, 8..15 rejected
    lm = keras.layers.Dense(vocab, name="lm")
    lm.build((None, feat))

    def reference(batch):
        half = n // 2
        margins = []
        for i in range(half):
            score = []
            for row in (i, i + half):
                logp = tf.nn.log_softmax(lm(batch["x"][row]))
                s = 0.0
                for t in range(steps):
                    s += batch["mask"][row, t] * (logp[t, int(batch["y"][row, t])] - batch["ref"][row, t])
                score.append(s)
            margins.append(score[0] - score[1])
        return tf.reduce_mean(tf.nn.softplus(-beta * tf.stack(margins)))

    def candidate(batch):
        def logits_to_log_probs(logits, labels):
            log_probs = tf.nn.log_softmax(logits, axis=2)
            return tf.squeeze(tf.gather(log_probs, labels[..., None], axis=2, batch_dims=2), -1)

        def per_sequence(log_probs, mask):
            seq_lengths = tf.maximum(tf.reduce_sum(mask, axis=1, keepdims=True), 1e-8)
            return tf.reduce_sum(log_probs * mask, axis=1) / tf.squeeze(seq_lengths, axis=1)

        def dpo_loss(ref_log_probs, policy_log_probs, mask):
            ref_log_probs = per_sequence(ref_log_probs, mask)
            policy_log_probs = per_sequence(policy_log_probs, mask)
            half = ref_log_probs.shape[0] // 2
            pi_logratios = policy_log_probs[:half] - policy_log_probs[half:]
            ref_logratios = ref_log_probs[:half] - ref_log_probs[half:]
            loss = -tf.math.log_sigmoid(beta * (pi_logratios - ref_logratios))
            return tf.reduce_mean(loss)

        logits = tf.tensordot(batch["x"], lm.kernel, 1) + lm.bias
        return dpo_loss(batch["ref"], logits_to_log_probs(logits, batch["y"]), batch["mask"])

    mask = (np.arange(steps)[None] < rng.integers(2, steps + 1, n)[:, None]).astype(f)
    batch = {"x": rng.normal(size=(n, steps, feat)).astype(f), "y": rng.integers(0, vocab, (n, steps)),
             "ref": (-2 + 0.4 * rng.normal(size=(n, steps))).astype(f), "mask": mask}
    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": lm.trainable_variables}
