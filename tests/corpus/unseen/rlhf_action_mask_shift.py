"""RLHF step 3: the action mask is the attention mask without its *first* column, although the logits are cut at their *last* one.

Source (real): https://github.com/deepspeedai/DeepSpeedExamples/issues/741 (DeepSpeed-Chat PPO trainer, PyTorch, ported; the reporter found that there is no bug).
Right answer: EQUIVALENT to a loop over the real answer tokens: position t predicts token t + 1, so the mask of the predicted token counts.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}

_PROMPT, _CLIP, _CLIP_V = 3, 0.2, 0.3


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, length, vocab, emb = 12, 8, 9, 4

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    table = tf.Variable(0.8 * arr(vocab, emb), name="embedding")
    actor_w = tf.Variable(0.8 * arr(emb, vocab), name="actor_head")
    critic_w = tf.Variable(0.8 * arr(emb), name="critic_head")
    ends = rng.integers(_PROMPT + 2, length + 1, n)
    mask = np.arange(length) < ends[:, None]
    batch = {
        "input_ids": np.where(mask, rng.integers(1, vocab, (n, length)), 0),
        "attention_mask": mask.astype("int64"),
        "old_logp": (-2.2 + 0.3 * arr(n, length - 1)).astype(f),
        "old_values": (0.5 * arr(n, length - 1)).astype(f),
        "advantages": arr(n, length - _PROMPT),
        "returns": arr(n, length - _PROMPT),
    }

    def hidden(ids):
        x = tf.gather(table, ids)
        return tf.tanh(tf.cumsum(x, axis=1))

    def reference(b):
        states = hidden(b["input_ids"])
        actor, critic, weight = [], [], []
        for k, pos in enumerate(range(_PROMPT, length)):  # the token at pos was predicted from pos - 1
            h = states[:, pos - 1]
            lp = -keras.losses.sparse_categorical_crossentropy(b["input_ids"][:, pos], h @ actor_w, from_logits=True)
            r, a = tf.exp(lp - b["old_logp"][:, pos - 1]), b["advantages"][:, k]
            actor.append(-tf.minimum(r * a, tf.clip_by_value(r, 1 - _CLIP, 1 + _CLIP) * a))
            v, old, ret = tf.linalg.matvec(h, critic_w), b["old_values"][:, pos - 1], b["returns"][:, k]
            near = old + tf.clip_by_value(v - old, -_CLIP_V, _CLIP_V)
            critic.append(0.5 * tf.maximum((v - ret) ** 2, (near - ret) ** 2))
            weight.append(tf.cast(b["input_ids"][:, pos] > 0, lp.dtype))
        per_token = tf.stack(actor) + tf.stack(critic)
        return tf.reduce_sum(per_token * tf.stack(weight)) / tf.reduce_sum(weight)

    def candidate(b):
        class Trainer:
            def actor_loss_fn(self, logprobs, old_logprobs, advantages, m):
                ratio = tf.exp((logprobs - old_logprobs) * m)
                pg_loss1 = -advantages * ratio
                pg_loss2 = -advantages * tf.clip_by_value(ratio, 1.0 - _CLIP, 1.0 + _CLIP)
                return tf.reduce_sum(tf.maximum(pg_loss1, pg_loss2) * m) / tf.reduce_sum(m)

            def critic_loss_fn(self, values, old_values, returns, m):
                values_clipped = tf.clip_by_value(values, old_values - _CLIP_V, old_values + _CLIP_V)
                vf_loss1 = (values - returns) ** 2
                vf_loss2 = (values_clipped - returns) ** 2
                return 0.5 * tf.reduce_sum(tf.maximum(vf_loss1, vf_loss2) * m) / tf.reduce_sum(m)

        seq, attention_mask = b["input_ids"], b["attention_mask"]
        start = _PROMPT - 1
        states = hidden(seq)
        action_mask = tf.cast(attention_mask[:, 1:], states.dtype)
        log_probs = tf.nn.log_softmax(tf.einsum("nte,ev->ntv", states, actor_w)[:, :-1, :])
        actor_log_prob = tf.gather(log_probs, seq[:, 1:], batch_dims=2)
        value = tf.linalg.matvec(states, critic_w)[:, :-1]
        trainer, m = Trainer(), action_mask[:, start:]
        actor_loss = trainer.actor_loss_fn(actor_log_prob[:, start:], b["old_logp"][:, start:], b["advantages"], m)
        critic_loss = trainer.critic_loss_fn(value[:, start:], b["old_values"][:, start:], b["returns"], m)
        return actor_loss + critic_loss

    return {"variables": [table, actor_w, critic_w], "batch": batch, "reference": reference, "candidate": candidate}
