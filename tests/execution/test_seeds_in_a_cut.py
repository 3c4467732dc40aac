"""Where the generators stand is kept without a warning, and put back."""

import warnings

import keras
import numpy as np

from gradcheck.execution import start
from gradcheck.execution.cut.random_state import Generators
from gradcheck.execution.keras_internals import global_seed_generator, set_global_seed_generator


def test_the_generator_of_keras_is_kept_as_it_stands():
    start()
    before = global_seed_generator()
    try:
        set_global_seed_generator(keras.random.SeedGenerator(3))
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            kept = Generators.now()
        stood = np.array(kept.keras)
        global_seed_generator().next()
        assert (kept.keras == stood).all()
        kept.restore()
        assert (global_seed_generator().state.value.numpy() == stood).all()
    finally:
        set_global_seed_generator(before)
