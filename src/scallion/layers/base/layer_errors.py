"""Errors for wrong arguments, attributes and inputs of layers, with what was probably meant."""

from collections.abc import Iterable
from dataclasses import fields
from difflib import get_close_matches
from inspect import signature
from typing import TYPE_CHECKING, Any

from scallion.errors import ArgumentError, UnknownAttributeError
from scallion.layers.base.spec import Spec

if TYPE_CHECKING:
    from scallion.layers.base.layer import Layer


def unknown_call_argument(
    layer: "Layer", arguments: tuple[Any, ...], options: dict[str, Any]
) -> ArgumentError:
    """Return the error for a call with more than inputs and `training`."""
    name = next(iter(options), "a third argument")
    return ArgumentError(
        f"calling layer {layer.name!r} takes the inputs and `training`. Received: {name}",
        hint="layer(x) or layer(x, training=False)",
        layer=layer.name,
        value=options or arguments,
    )


def field_names(spec: Spec) -> tuple[str, ...]:
    """Return the names of the arguments that a specification holds."""
    return tuple(field.name for field in fields(spec))


def unknown_argument(kind: type, name: str, value: Any, shared: Iterable[str]) -> ArgumentError:
    """Return the error for an argument that a layer lacks; all layers take those in `shared`."""
    own = [key for key in signature(kind).parameters if key not in ("self", "options")]
    known = [*own, *shared]
    close = get_close_matches(name, known, n=1)
    return ArgumentError(
        f"{kind.__name__} has no argument `{name}`. Received: {name}={value!r}",
        hint=f"did you mean {close[0]}?" if close else f"it takes {', '.join(known)}",
        field=name,
        value=value,
    )


def unknown_attribute(layer: "Layer", name: str) -> UnknownAttributeError:
    """Return the error for an attribute that a layer lacks, with the most similar one."""
    instead = {"input_shape": "input.shape", "output_shape": "output.shape"}.get(name)
    known = [key for key in (*dir(type(layer)), *layer.__dict__) if not key.startswith("_")]
    if "spec" in layer.__dict__:
        known += field_names(layer.spec)
    close = [instead] if instead else get_close_matches(name, known, n=1)
    return UnknownAttributeError(
        f"a {type(layer).__name__} layer has no attribute {name!r}",
        hint=f"did you mean layer.{close[0]}?" if close else "see dir(layer)",
        layer=layer.__dict__.get("name"),
        value=name,
    )


def not_a_tensor(layer: "Layer", received: Any, *, is_layer: bool) -> ArgumentError:
    """Return the error for a layer that is called on something other than tensors."""
    kind = type(received).__name__
    hint = "x = scallion.Input((32, 32, 3)), then layer(x)"
    if is_layer:
        hint = f"call the inner layer too: {type(layer).__name__}(...)({kind}(...)(x))"
    elif hasattr(received, "shape"):
        hint = "give only arrays, or only symbolic tensors"
    return ArgumentError(
        f"layer {layer.name!r} must be called on the output of Input or of another layer. "
        f"Received: {kind}",
        hint=hint,
        layer=layer.name,
        field="inputs",
        value=received,
    )


def wrong_count(layer: "Layer", count: int) -> ArgumentError:
    """Return the error for a layer that is called on another number of tensors than it takes."""
    kind = type(layer).__name__
    if layer.spec.takes_list:
        return ArgumentError(
            f"layer {layer.name!r} ({kind}) takes a list of tensors. "
            f"Received: {'one tensor' if count else 'an empty list'}",
            hint=f"{kind}()([x, y])",
            layer=layer.name,
            field="inputs",
        )
    return ArgumentError(
        f"layer {layer.name!r} ({kind}) takes one tensor. Received: {count}",
        hint=f"Add()([x, y]) first, or call {layer.name} on each of them",
        layer=layer.name,
        field="inputs",
    )
