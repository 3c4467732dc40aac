"""Knowledge distillation on speech: features are tiled (s0 s1 s0 s1) while prompts and completions are repeated (s0 s0 s1 s1).

Source (real): https://github.com/wenet-e2e/west/pull/121 (PyTorch, ported).
Right answer: NOT equivalent; completions are scored against the wrong utterance.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": 'input_features = tf.tile(b["input_features"], [num_generations, 1])',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, feat, num_generations, length, vocab, dim = 14, 5, 3, 4, 7, 6

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    audio = tf.Variable(0.6 * arr(feat, dim), name="audio_proj")
    emb = tf.Variable(0.6 * arr(vocab, dim), name="embed_tokens")
    head = tf.Variable(0.7 * arr(dim, vocab), name="lm_head")
    teacher = [0.8 * arr(feat, dim), 0.8 * arr(vocab, dim), 0.9 * arr(dim, vocab)]
    batch = {"input_features": arr(n, feat), "prompt": rng.integers(0, vocab, n),
             "generated_ids": rng.integers(0, vocab, (n, num_generations, length))}

    def reference(b):
        total = 0.0
        m = b["prompt"].shape[0]
        for i in range(m):
            for g in range(num_generations):
                history = [int(b["prompt"][i])] + [int(t) for t in b["generated_ids"][i, g]]
                for previous in history[:-1]:
                    student_x = b["input_features"][i:i + 1] @ audio + emb[previous]
                    teacher_x = b["input_features"][i:i + 1] @ teacher[0] + teacher[1][previous]
                    log_s = tf.nn.log_softmax(tf.tanh(student_x) @ head)
                    log_t = tf.nn.log_softmax(tf.tanh(teacher_x) @ teacher[2])
                    total += tf.reduce_sum(tf.exp(log_s) * (log_s - log_t))
        return total / (m * num_generations * length)

    def candidate(b):
        def logprobs(weights, features, tokens):
            a, e, h = weights
            hidden = tf.tanh((features @ a)[:, None, :] + tf.gather(e, tokens))
            return tf.nn.log_softmax(tf.einsum("btd,dv->btv", hidden, h))

        generated_ids = tf.reshape(b["generated_ids"], [-1, length])
        prompt_ids = tf.repeat(b["prompt"], num_generations, axis=0)
        input_features = tf.tile(b["input_features"], [num_generations, 1])
        input_ids = tf.concat([prompt_ids[:, None], generated_ids[:, :-1]], axis=1)
        student = logprobs([audio, emb, head], input_features, input_ids)
        teacher_lp = tf.stop_gradient(logprobs(teacher, input_features, input_ids))
        kl = tf.reduce_sum(tf.exp(student) * (student - teacher_lp), axis=-1)
        return tf.reduce_mean(kl)

    return {"variables": [audio, emb, head], "batch": batch, "reference": reference, "candidate": candidate}
