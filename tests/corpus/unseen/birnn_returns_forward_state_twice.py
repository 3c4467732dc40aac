"""bidirectional_rnn gives back the outputs and the last states of both directions; the second state is the forward one again.
Source: https://github.com/tflearn/tflearn/pull/522"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "disconnected",
    "line_marker": "return outputs, state_fw, state_fw",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, t, d, h, classes = 17, 4, 3, 5, 2
    x = rng.normal(size=(n, t, d)).astype(f)
    label = rng.integers(0, classes, size=n).astype("int32")
    k_fw = tf.Variable((0.5 * rng.normal(size=(d + h, h))).astype(f), name="k_fw")
    k_bw = tf.Variable((0.5 * rng.normal(size=(d + h, h))).astype(f), name="k_bw")
    top = tf.Variable(rng.normal(size=(2 * h, classes)).astype(f), name="top")

    def reference(batch):
        ends = []
        for kernel, order in ((k_fw, range(t)), (k_bw, reversed(range(t)))):
            s = tf.zeros((n, h), dtype=f)
            for j in order:
                s = tf.tanh(batch["x"][:, j] @ kernel[:d] + s @ kernel[d:])
            ends.append(s)
        logits = ends[0] @ top[:h] + ends[1] @ top[h:]
        logp = tf.nn.log_softmax(logits)
        return -tf.reduce_mean(tf.gather(logp, batch["label"], axis=1, batch_dims=1))

    def candidate(batch):
        def cell(kernel):
            return lambda inp, state: tf.tanh(tf.matmul(tf.concat([inp, state], axis=1), kernel))

        def rnn(step, inputs):
            state, outs = tf.zeros((n, h), dtype=f), []
            for inp in inputs:
                state = step(inp, state)
                outs.append(state)
            return outs, state

        def bidirectional_rnn(incoming, cell_fw, cell_bw):
            inputs = tf.unstack(incoming, axis=1)
            out_fw, state_fw = rnn(cell_fw, inputs)
            out_bw, state_bw = rnn(cell_bw, inputs[::-1])
            outputs = [tf.concat(pair, axis=1) for pair in zip(out_fw, out_bw[::-1])]
            return outputs, state_fw, state_fw

        _, first, second = bidirectional_rnn(batch["x"], cell(k_fw), cell(k_bw))
        logits = tf.matmul(tf.concat([first, second], axis=1), top)
        ce = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=batch["label"], logits=logits)
        return tf.reduce_mean(ce)

    return {"reference": reference, "candidate": candidate, "batch": {"x": x, "label": label},
            "variables": [k_fw, k_bw, top]}
