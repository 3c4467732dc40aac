"""Everything that runs TensorFlow, and the only folder that imports it."""


def start() -> None:
    """Import TensorFlow and Keras and run one op, which is when their start-up lines are written."""
    import keras
    import tensorflow as tf

    tf.constant(0.0) + keras.ops.convert_to_tensor(0.0)
