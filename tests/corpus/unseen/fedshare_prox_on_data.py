"""FedProx in FedShare: the proximal term is computed from the .data of the weights. It is in the printed loss and never in the gradient.
Source: https://github.com/yjlee22/FedShare/pull/2"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "stop_gradient",
    "line_marker": "delta = tf.stop_gradient(w) - w_t",
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    dense = keras.layers.Dense(4, name="fc")
    dense.build((None, 6))
    kernel, bias = dense.trainable_variables
    kernel.assign(rng.normal(size=(6, 4)))
    bias.assign(rng.normal(size=(4,)))
    mu = 0.8

    def reference(batch):
        logits = dense(batch["images"])
        nll = keras.losses.sparse_categorical_crossentropy(batch["labels"], logits, from_logits=True)
        prox = tf.nn.l2_loss(tf.convert_to_tensor(kernel) - batch["old_kernel"])
        prox += tf.nn.l2_loss(tf.convert_to_tensor(bias) - batch["old_bias"])
        return tf.reduce_mean(nll) + mu * prox

    def candidate(batch):
        class NLLLoss:
            def __call__(self, log_probs, labels):
                total = 0.0
                for row in range(log_probs.shape[0]):
                    total -= log_probs[row, labels[row]]
                return total / log_probs.shape[0]

        loss_func = NLLLoss()
        log_probs = tf.nn.log_softmax(dense(batch["images"]))
        loss = loss_func(log_probs, batch["labels"])
        net_old = [batch["old_kernel"], batch["old_bias"]]
        for w, w_t in zip(dense.trainable_variables, net_old):
            delta = tf.stop_gradient(w) - w_t
            loss += mu / 2. * tf.pow(tf.norm(delta), 2)
        return loss

    batch = {"images": rng.normal(size=(14, 6)).astype(f), "labels": rng.integers(0, 4, 14).astype("int32"),
             "old_kernel": rng.normal(size=(6, 4)).astype(f), "old_bias": rng.normal(size=(4,)).astype(f)}
    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [kernel, bias]}
