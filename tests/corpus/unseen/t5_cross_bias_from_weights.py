"""T5 stack: the position bias handed to the next layers is taken from the wrong entry of the layer outputs, the attention weights.
Source: https://github.com/huggingface/transformers/pull/4499"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": 'position_bias = layer_outputs[1]',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()

    def var(name, *shape, scale=0.5):
        return tf.Variable(rng.normal(0.0, scale, shape).astype(f), name=name)

    def data(*shape):
        return rng.normal(size=shape).astype(f)

    wq, wk, table = var("wq", 3, 5, 5), var("wk", 3, 5, 5), var("rel_bias", 9)
    rel = (np.arange(6)[None, :] - np.arange(4)[:, None]) + 3

    def reference(batch):
        bias, h = tf.gather(table, rel), batch["h"]
        for i in range(3):
            s = tf.einsum("btd,bsd->bts", h @ wq[i], batch["enc"] @ wk[i]) + bias
            h = h + tf.nn.softmax(s) @ batch["enc"]
        return tf.reduce_mean((h - batch["y"]) ** 2)

    def candidate(batch):
        class Block:
            def __init__(self, index):
                self.index, self.has_relative_attention_bias = index, index == 0

            def __call__(self, hidden, enc, position_bias=None):
                q, k = tf.tensordot(hidden, wq[self.index], 1), tf.tensordot(enc, wk[self.index], 1)
                scores = tf.matmul(q, k, transpose_b=True)
                if position_bias is None:
                    assert self.has_relative_attention_bias
                    position_bias = tf.gather(table, rel)[None]
                weights = tf.nn.softmax(scores + position_bias)
                return hidden + tf.matmul(weights, enc), weights, position_bias

        hidden, position_bias = batch["h"], None
        for block in [Block(i) for i in range(3)]:
            layer_outputs = block(hidden, batch["enc"], position_bias=position_bias)
            hidden = layer_outputs[0]
            if block.index == 0:
                position_bias = layer_outputs[1]
        return tf.reduce_mean(tf.square(hidden - batch["y"]))

    return {"reference": reference, "candidate": candidate, "variables": [wq, wk, table],
            "batch": {"h": data(13, 4, 5), "enc": data(13, 6, 5), "y": data(13, 4, 5)}}
