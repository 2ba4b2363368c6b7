"""The functional model: a graph of layers that trains and predicts.

Over 400 lines: Keras' Model has this many methods, most of them of a few lines.
"""

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Any

import numpy as np

from scallion import session
from scallion.errors import ArgumentError, StateError, UnsupportedError, unknown_attribute
from scallion.graph import Graph
from scallion.graph.graph import KeyedTensors, like_given, names_of
from scallion.graph.nested_models import NestedModelSpec, call_inner_layers
from scallion.graph.tracing import traced
from scallion.layers.base.argument_checks import refuse_arguments
from scallion.layers.base.call_inputs import image_shapes
from scallion.layers.base.layer import Layer, Variable, assign_values
from scallion.layers.base.tensor import Tensor
from scallion.models.array_call import call
from scallion.models.files.config_writer import to_config, to_json
from scallion.models.training.trainer import Trainer

Shape = tuple[int | None, ...]

_KERAS_FORMATS = ("tf_saved_model", "litert", "openvino")


class Model(Trainer, Layer):
    """The network between `inputs` and `outputs`, each a tensor or a list: `Model(x, y)`.

    Raises ArgumentError where the outputs do not depend on the inputs only.

    `metadata` is stored in the `.keras` file: class names, preprocessing, input range, splits.
    """

    metadata: dict[str, Any] | None = None
    is_sequential = False

    def __init__(
        self,
        inputs: Any = None,
        outputs: Any = None,
        name: str | None = None,
        trainable: bool = True,
    ) -> None:
        Trainer.__init__(self)
        self.nodes, self._weights, self._added_weights = [], [], []
        kind = "functional" if type(self) is Model else session.snake_case(type(self).__name__)
        self.name = name or session.unique_name(kind)
        self._graph: Graph | None = None
        self._trainable = True
        self._connect_graph(inputs, outputs)
        if not trainable:
            self.trainable = False

    def _connect_graph(self, inputs: Any, outputs: Any) -> None:
        """Make the graph between inputs and outputs; without them, `call` is traced later."""
        if inputs is None and outputs is None and self.has_custom_call:
            return
        if inputs is None or outputs is None:
            raise UnsupportedError(
                "a model needs inputs and outputs, or a method `call`",
                hint="x = Input((32, 32, 3)); Model(x, Dense(10)(Flatten()(x)))",
            )
        self._graph = Graph(_tensors(inputs, "inputs"), _tensors(outputs, "outputs"))
        self._graph.check_names()

    @property
    def graph(self) -> Graph:  # type: ignore[override]
        """The layers and their connections. Raises StateError before the model is built."""
        if self._graph is None:
            raise self._unbuilt()
        return self._graph

    def _unbuilt(self) -> Exception:
        return StateError(
            f"model {self.name!r} is not built: the shape of its images is not known yet",
            hint="call it on images, or model.build((None, 28, 28, 1))",
        )

    def build(self, input_shape: Any = None) -> None:
        """Trace a custom `call` for this input shape, batch first: `(None, 28, 28, 1)`.

        A model with several inputs takes a list of shapes. Raises UnsupportedError where `call`
        computes what a graph cannot.
        """
        if self._graph is None:
            self._set_graph(traced(self, image_shapes(input_shape)).graph)

    def _set_graph(self, graph: Graph) -> None:
        graph.check_names()
        if self.compiled and len(graph.outputs) != len(self.output_names):
            raise ArgumentError(
                f"`call` of {self.name!r} returns {len(graph.outputs)} tensors, and the model was "
                "compiled for one output",
                hint="model.build((None, 28, 28, 1)) before model.compile(...)",
            )
        self._graph = graph
        if not self._trainable:
            self.trainable = False

    def predict(self, x: Any, *arguments: Any, **options: Any) -> Any:
        """Return the outputs for all images: see Trainer.predict."""
        self.graph_for(x)
        return super().predict(x, *arguments, **options)

    def predict_on_batch(self, x: Any) -> Any:
        """Return the outputs for one batch: see Trainer.predict_on_batch."""
        self.graph_for(x)
        return super().predict_on_batch(x)

    def graph_for(self, x: Any) -> Graph:
        """Return the graph; a custom `call` is traced first, for images like `x`."""
        if self._graph is None and self.has_custom_call:
            several = list(x) if isinstance(x, list | tuple) else [x]
            shapes = [np.shape(one) for one in several]
            self.build(shapes if len(shapes) > 1 else shapes[0])
        return self.graph

    @property
    def built(self) -> bool:
        """True if the shape of the images is known, and with it that of all weights."""
        return self._graph is not None

    @built.setter
    def built(self, value: bool) -> None:
        """Ignore the value, which a custom `build` may set: the model itself knows its state."""

    @property
    def spec(self) -> NestedModelSpec:  # type: ignore[override]
        """The specification of the model as a layer of another model."""
        return NestedModelSpec(self.graph)

    @property
    def kind(self) -> str:
        """The class name in Keras' files."""
        return "Functional" if type(self) is Model or self.has_custom_call else type(self).__name__

    @property
    def output_names(self) -> list[str]:
        """The names of the layers that produce the outputs; one before `call` is traced."""
        return super().output_names if self._graph is not None else ["output"]

    def _output_keys(self) -> list[str]:
        return super()._output_keys() if self._graph is not None else ["output"]

    @property
    def declared_shape(self) -> Sequence[int] | None:  # type: ignore[override]
        """The shape of the images where there is one input and it is known, else None."""
        return self.inputs[0].image_shape if self.built and len(self.inputs) == 1 else None

    @property
    def layers(self) -> list[Layer]:
        """All layers, inputs included, each after the layers that it depends on."""
        return self.sublayers() or [one for one in self.graph.layers if not one.is_operation]

    @property
    def inputs(self) -> list[Tensor]:
        """The input tensors."""
        return list(self.graph.inputs)

    @property
    def outputs(self) -> list[Tensor]:
        """The output tensors."""
        return list(self.graph.outputs)

    @property
    def input(self) -> Tensor | list[Tensor]:
        """The input tensor, or a list or dict of several."""
        return like_given(self.graph.inputs, self.inputs)

    @property
    def output(self) -> Tensor | list[Tensor]:
        """The output tensor, or a list or dict of several."""
        return like_given(self.graph.outputs, self.outputs)

    @property
    def input_names(self) -> list[str]:
        """The names of the input layers."""
        return [tensor.name for tensor in self.graph.inputs]

    @property
    def input_shape(self) -> Shape | list[Shape]:
        """The input shape with None for the batch size, such as `(None, 32, 32, 3)`, or a list."""
        return like_given(self.graph.inputs, [tensor.shape for tensor in self.inputs])

    @property
    def output_shape(self) -> Shape | list[Shape]:
        """The output shape with None for the batch size, such as `(None, 10)`, or a list."""
        return like_given(self.graph.outputs, [tensor.shape for tensor in self.outputs])

    @property
    def weights(self) -> list[Variable]:
        """All weights, layer by layer."""
        if not self.has_custom_call:
            return self.graph.weights
        inner = [weight for layer in self.sublayers() for weight in layer.weights]
        return list(dict.fromkeys([*self._added_weights, *inner]))

    @property
    def variables(self) -> list[Variable]:
        """All weights, layer by layer."""
        return self.weights

    @property
    def trainable_weights(self) -> list[Variable]:
        """The weights that the optimizer updates."""
        return self.graph.trainable_weights

    @property
    def trainable_variables(self) -> list[Variable]:
        """The weights that the optimizer updates."""
        return self.trainable_weights

    @property
    def non_trainable_weights(self) -> list[Variable]:
        """The weights that the optimizer does not update, moving statistics included."""
        return [weight for layer in self.graph.layers for weight in layer.non_trainable_weights]

    @property
    def non_trainable_variables(self) -> list[Variable]:
        """The weights that the optimizer does not update, moving statistics included."""
        return self.non_trainable_weights

    @property
    def trainable(self) -> bool:
        """True if training updates the weights; assigning it sets it for all layers."""
        return self._trainable

    @trainable.setter
    def trainable(self, value: bool) -> None:
        self._trainable = bool(value)
        for layer in self._all_layers():
            layer.trainable = bool(value)

    def _all_layers(self) -> Sequence[Layer]:
        return self.graph.layers if self._graph is not None else self.sublayers()

    @property
    def losses(self) -> list[np.ndarray]:
        """The regularization penalties, layer by layer."""
        return [penalty for layer in self.graph.layers for penalty in layer.losses]

    def get_weights(self) -> list[np.ndarray]:
        """Return copies of all weights, in the order of `weights`."""
        return [weight.numpy() for weight in self.weights]

    def set_weights(self, weights: Sequence[Any]) -> None:
        """Set all weights. Raises ArgumentError where shapes do not fit; nothing is then set."""
        assign_values(self.weights, weights, f"model {self.name!r}")

    def count_params(self) -> int:
        """Return the number of parameters."""
        return sum(layer.count_params() for layer in self.graph.layers)

    def get_layer(self, name: str | None = None, index: int | None = None) -> Layer:
        """Return the layer with this name or index. Raises ArgumentError with the nearest name."""
        layers = self.layers
        if (name is None) == (index is None):
            raise ArgumentError(
                f"give a name or an index. Received: name={name!r}, index={index!r}",
                hint=f'get_layer("{layers[-1].name}") or get_layer(index=-1)',
            )
        if index is not None:
            if not -len(layers) <= index < len(layers):
                raise ArgumentError(
                    f"the model has {len(layers)} layers. Received: index={index}",
                    hint=f"an index from 0 to {len(layers) - 1}",
                )
            return layers[index]
        names = [layer.name for layer in layers]
        if name not in names:
            close = get_close_matches(str(name), names, n=1, cutoff=0.4)
            proposal = f"did you mean {close[0]!r}? " if close else ""
            raise ArgumentError(
                f"there is no such layer. Received: name={name!r}",
                hint=f"{proposal}Layers: {', '.join(names)}",
            )
        return layers[names.index(name)]

    def summary(
        self,
        line_length: int | None = None,
        positions: Sequence[float] | None = None,
        print_fn: Any = None,
        expand_nested: bool = False,
        show_trainable: bool = False,
        layer_range: Sequence[str] | None = None,
        style: str = "keras",
    ) -> None:
        """Print the table of layers, shapes and parameters; `style="classic"` is Keras 2's."""
        from scallion.graph.summary import print_summary  # here: it imports rich

        print_summary(
            self,
            line_length=line_length,
            positions=positions,
            print_fn=print_fn,
            expand_nested=expand_nested,
            show_trainable=show_trainable,
            layer_range=layer_range,
            style=style,
        )

    def plan(
        self,
        batch_size: int = 32,
        mode: str | None = None,
        profile: bool = False,
        print_fn: Any = None,
    ) -> None:
        """Print the operations of a step on the native engine, and the reason for each.

        `mode` is "train" (the default once `compile` was called), "test" or "predict". `profile`
        runs the step on copies of the weights and shows each operation's time on one thread.
        Raises StateError, UnknownNameError, ArgumentError.
        """
        from scallion.models.execution_plan import print_plan_of  # here: slow to import

        print_plan_of(self, batch_size, mode, profile, print_fn)

    def save(self, filepath: Any, overwrite: bool = True, **options: Any) -> None:
        """Write layers, weights and optimizer state to a `.keras` file that Keras opens.

        A name that ends in `.h5` selects Keras' legacy format; options are those of `save_model`.
        Raises ArgumentError for another suffix, FileError.
        """
        from scallion.models.files.model_writer import save_model  # here: it imports zipfile

        save_model(self, filepath, overwrite=overwrite, **options)

    def export(
        self,
        filepath: Any,
        format: str = "onnx",  # noqa: A002 (Keras' name)
        verbose: bool | None = None,
        input_signature: Any = None,
        **options: Any,
    ) -> None:
        """Write the model for other software, and prove that it gives the same answers there.

        `format="onnx"` writes an ONNX file; `verbose=True` prints how it was verified. Raises
        ArgumentError, UnsupportedError for other formats of Keras, ExportError, FileError.
        """
        refuse_arguments("export", input_signature=input_signature)
        if format in _KERAS_FORMATS:
            raise UnsupportedError(
                f"the export format {format!r} is not supported",
                hint='model.export("model.onnx", format="onnx")',
                field="format",
                value=format,
            )
        if session.export_model is None:
            raise StateError("the export of models is not loaded", hint="import scallion")
        result = session.export_model(self, filepath, format, **options)
        if verbose:
            print(f"{result.path}: {result.describe()}")  # noqa: T201 (Keras prints it, too)

    def save_weights(self, filepath: Any, overwrite: bool = True) -> None:
        """Write weights and optimizer state to a `.weights.h5` file, as Keras does.

        Raises ArgumentError for another suffix, FileError.
        """
        from scallion.models.files.model_writer import save_weights  # here: it imports zipfile

        save_weights(self, filepath, overwrite=overwrite)

    def load_weights(
        self, filepath: Any, skip_mismatch: bool = False, by_name: bool = False
    ) -> None:
        """Load the weights from a `.weights.h5`, `.keras` or legacy `.h5` file of an equal model.

        `skip_mismatch=True` skips layers whose weights do not fit, with one warning. `by_name=True`
        loads the layers of the same name in a legacy file. Raises MissingFileError, FileError.
        """
        from scallion.models.files.weights_loading import load_weights  # here: it imports zipfile

        load_weights(self, filepath, skip_mismatch, by_name)

    def __reduce__(self) -> tuple[Any, ...]:
        from scallion.models.files.pickling import model_from_bytes, model_to_bytes  # as above

        return model_from_bytes, (model_to_bytes(self), self.engine)

    def __getattr__(self, name: str) -> Any:
        raise unknown_attribute(type(self).__name__.lower(), name, dir(type(self)))

    def __call__(
        self, inputs: Any, *arguments: Any, training: bool | None = None, **options: Any
    ) -> Any:
        """Connect the model to symbolic tensors as a layer, or return its float32 outputs.

        `training=True` activates dropout and updates moving statistics; by default random layers
        are active and the others predict, as in Keras. Raises ShapeError for tensors of another
        shape than the inputs, DataError for images that do not fit.
        """
        if len(arguments) > 1 or options:
            raise ArgumentError(
                f"calling model {self.name!r} takes the inputs and `training`. "
                f"Received: {next(iter(options), 'a third argument')}",
                hint="model(images, training=False)",
            )
        training = arguments[0] if arguments else training
        given: Any = inputs
        if isinstance(given, Mapping) and self._graph is not None:
            names = names_of(self.graph.inputs)
            given = [given[name] for name in names] if set(names) <= set(given) else given
        tensors: tuple[Any, ...] = tuple(given) if isinstance(given, list | tuple) else (given,)
        if all(isinstance(tensor, Tensor) for tensor in tensors) and tensors:
            if self._graph is None and self.has_custom_call:
                self.build([tensor.shape for tensor in tensors])
            if self._graph is not None and len(self._graph.outputs) > 1:
                outputs = call_inner_layers(self.graph, tensors, training)
                return like_given(self.graph.outputs, outputs)
            output = self._connect(tensors, training)
            return like_given(self.graph.outputs, [output])
        return call(self, inputs, training)

    def _create_weights(self, shapes: tuple[tuple[int, ...], ...]) -> None:
        """Do nothing: the layers have the weights."""

    def _shapes(self) -> tuple[tuple[int, ...], ...]:
        return tuple(tensor.image_shape for tensor in self.graph.inputs)

    def get_config(self) -> dict[str, Any]:
        """Return the layers and their calls as Keras' config, without the weights."""
        return to_config(self)["config"]

    @classmethod
    def from_config(cls, config: Mapping[str, Any], custom_objects: Any = None) -> "Model":  # noqa: ARG003
        """Return the model of a `get_config`, with new weights. Raises as `load_model` does."""
        from scallion.models.files.config_reader import from_config  # here: it imports this class

        kind = "Functional" if cls is Model else cls.__name__
        return from_config({"class_name": kind, "config": config})

    def to_json(self, **options: Any) -> str:
        """Return the model without its weights, as JSON for `model_from_json`."""
        return to_json(self, **options)

    def _repr_svg_(self) -> str | None:
        """Return the diagram of the network for notebooks; None before the model is built."""
        from scallion.graph.diagram import draw  # here: only notebooks need it

        return draw(self.graph, self.name).svg() if self.built else None

    def __repr__(self) -> str:
        return f"<{type(self).__name__} name={self.name}, built={self.built}>"


def _tensors(given: Any, argument: str) -> tuple[Tensor, ...]:
    if isinstance(given, Mapping):
        if not all(isinstance(key, str) for key in given):
            raise ArgumentError(
                f"the keys of `{argument}` are text. Received: {list(given)!r:.80}",
                hint=f'{argument}={{"image": x}}',
            )
        return KeyedTensors.of(given)
    return tuple(given) if isinstance(given, list | tuple) else (given,)
