"""A template for a case, as a file that runs as it is."""

from __future__ import annotations

import pathlib
import shlex

from gradcheck.errors import GradcheckError
from gradcheck.source import in_docstring
from gradcheck.targets.folders import exists

TEMPLATE = '''\
"""A template for a case. It runs as it is:

    gradcheck diff {name}

Replace the commented parts one by one, and run it again after each step.
"""

import keras
import numpy as np
import tensorflow as tf

import gradcheck

# 1. The model. Import your own, or build it here.
model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1, name="value")], name="model")


# 2. The formulation you trust: it may be slow, but should be obviously correct. The arguments are the arrays of
#    the batch below, by name, as tensors. Return a scalar.
def reference(states, returns):
    loss = 0.0
    for state, value in zip(states, returns, strict=True):
        loss += (value - model(state[None])[0, 0]) ** 2
    return loss / len(states)


# 3. The formulation you doubt. To see what a mistake looks like, remove `[:, 0]`: (32,) and (32, 1) are then
#    broadcast against each other, and the report says so.
def candidate(states, returns):
    return tf.reduce_mean((returns - model(states)[:, 0]) ** 2)


@gradcheck.case
def loss(seed: int = 0, samples: int = 32) -> gradcheck.Case:
    keras.utils.set_random_seed(seed)
    model.set_weights([np.random.normal(size=weights.shape) for weights in model.weights])
    return gradcheck.Case(
        reference=reference,
        candidate=candidate,
        # 4. The batch: the inputs of the loss, with the samples along the first axis of each array. Draw all
        #    random numbers here and not in the loss, so that both formulations see the same ones.
        batch={{
            "states": np.random.normal(size=(samples, 4)).astype("float32"),
            "returns": np.random.normal(size=samples).astype("float32"),
        }},
        # 5. The variables to differentiate with respect to: a Keras model or layer, a list, or a dict by name.
        variables=model,
    )
'''


def template_for(path: pathlib.Path) -> str:
    """Return the source of a commented case to start from, to be written to `path`."""
    return TEMPLATE.format(name=in_docstring(shlex.quote(path.name)))


def check_new(path: pathlib.Path, suffix: str = ".py") -> None:
    """Raise a `GradcheckError` where it is clear beforehand that no case can be written to `path`."""
    if path.suffix != suffix or suffix not in (".py", ".npz"):
        raise GradcheckError(f"cannot write {path}: expected a name that ends in .py, such as my_case.py")
    if exists(path):
        raise GradcheckError(f"cannot write {path}: it already exists; choose another name")


def write_new(path: pathlib.Path, text: str) -> None:
    """Write the source of a case to `path`.

    Raises
    ------
    GradcheckError
        There is something at that place already, or it cannot be written.
    """
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError as error:
        raise GradcheckError(f"cannot write {path}: it already exists; choose another name") from error
    except FileNotFoundError as error:
        raise GradcheckError(f"cannot write {path}: there is no folder {path.parent}") from error
    except OSError as error:
        raise GradcheckError(f"cannot write {path}: {error.strerror}") from error
