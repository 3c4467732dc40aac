"""The trainer divides the loss by gradient_accumulation_steps and so does accelerator.backward.
Source: https://github.com/huggingface/transformers/issues/40709"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "loss = loss / self.accumulation",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    steps, bs, t, d, vocab = 3, 2, 4, 5, 7
    emb = tf.Variable(rng.standard_normal((vocab, d)).astype(f), name="emb")
    head = tf.Variable(rng.standard_normal((d, vocab)).astype(f), name="head")

    def lm_loss(ids):
        hidden = tf.tanh(tf.cumsum(tf.gather(emb, ids), axis=1))
        logits = tf.tensordot(hidden, head, 1)
        return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=ids[:, 1:], logits=logits[:, :-1]))

    def reference(batch):
        everything = tf.reshape(batch["ids"], (steps * bs, t))
        return lm_loss(everything)

    def candidate(batch):
        class Accelerator:
            def __init__(self, gradient_accumulation_steps):
                self.gradient_accumulation_steps = gradient_accumulation_steps
                self.accumulated = []

            def backward(self, loss):
                loss = loss / self.gradient_accumulation_steps
                self.accumulated.append(loss)

        class Trainer:
            def __init__(self, accumulation):
                self.accumulation = accumulation
                self.accelerator = Accelerator(accumulation)
                self.model_accepts_loss_kwargs = False

            def training_step(self, inputs):
                loss = lm_loss(inputs)
                if not self.model_accepts_loss_kwargs:
                    loss = loss / self.accumulation
                self.accelerator.backward(loss)

        trainer = Trainer(steps)
        for inputs in tf.unstack(batch["ids"]):
            trainer.training_step(inputs)
        return tf.add_n(trainer.accelerator.accumulated)

    return {"reference": reference, "candidate": candidate,
            "batch": {"ids": rng.integers(0, vocab, (steps, bs, t)).astype("int32")},
            "variables": [emb, head]}
