"""DPOTrainer rolls the labels to the left and the per-token log probabilities back to the right; the asker took the second roll
for an error. The logps are summed over the sequence under a mask that is rolled the same way: nothing changes.
Source: https://github.com/huggingface/trl/issues/2733"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}

B, T, D, V = 14, 7, 5, 10      # rows 0..6 chosen, 7..13 rejected


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    beta = 0.3
    embed = keras.Variable(rng.normal(size=(V, D)) * 0.6, dtype=f, name="embed")
    head = keras.Variable(rng.normal(size=(D, V)) * 0.6, dtype=f, name="lm_head")
    prompt = rng.integers(1, 4, size=B)
    end = rng.integers(5, T + 1, size=B)
    pos = np.arange(T)[None]
    loss_mask = ((pos >= prompt[:, None]) & (pos < end[:, None])).astype(f)

    def model(ids):
        h = tf.gather(tf.convert_to_tensor(embed), ids)
        steps = tf.cast(tf.range(1, T + 1), f)[None, :, None]
        return tf.einsum("btd,dv->btv", tf.tanh(tf.cumsum(h, axis=1) / steps), tf.convert_to_tensor(head))

    def reference(batch):
        logits = model(batch["input_ids"])[:, :-1]
        nll = tf.nn.sparse_softmax_cross_entropy_with_logits(batch["input_ids"][:, 1:], logits)
        logps = -tf.reduce_sum(nll * batch["loss_mask"][:, 1:], axis=1)
        half = B // 2
        margin = (logps[:half] - logps[half:]) - (batch["ref_logps"][:half] - batch["ref_logps"][half:])
        return tf.reduce_mean(tf.nn.softplus(-beta * margin))

    def candidate(batch):
        logits = model(batch["input_ids"])
        labels = tf.roll(batch["input_ids"], shift=-1, axis=1)
        loss_mask = tf.cast(tf.roll(batch["loss_mask"], shift=-1, axis=1), "bool")
        labels = tf.where(loss_mask, labels, tf.zeros_like(labels))
        per_token_logps = tf.gather(tf.nn.log_softmax(logits), labels, axis=2, batch_dims=2)
        per_token_logps = tf.where(loss_mask, per_token_logps, tf.zeros_like(per_token_logps))
        per_token_logps = tf.roll(per_token_logps, shift=1, axis=1)
        all_logps = tf.reduce_sum(per_token_logps, axis=-1)
        chosen_logps, rejected_logps = tf.split(all_logps, 2)
        ref_chosen, ref_rejected = tf.split(batch["ref_logps"], 2)
        chosen_logratios = chosen_logps - ref_chosen
        rejected_logratios = rejected_logps - ref_rejected
        losses = -tf.math.log_sigmoid(beta * (chosen_logratios - rejected_logratios))
        return tf.reduce_mean(losses)

    return {
        "reference": reference, "candidate": candidate,
        "batch": {"input_ids": rng.integers(0, V, size=(B, T)).astype("int32"), "loss_mask": loss_mask,
                  "ref_logps": rng.normal(-8, 2, size=B).astype(f)},
        "variables": [embed, head],
    }
